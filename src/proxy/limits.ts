/** Every bound of the proxy, with its reason. `docs/proxy.md` repeats this table. */

/** A new value must be in use within 1 s of the file changing, also where inotify is missing. */
export const pollMs = 500;
/** A deleted Secret is a revocation, but a Secret that is deleted and made anew should not break anybody. */
export const deletionGraceMs = 60_000;

/** All injected headers of one server: many servers refuse more than 16 KiB of headers in total. */
export const maxInjectedBytes = 16 * 1024;
/** A Secret is at most 1 MiB. */
export const maxPemBytes = 1024 * 1024;
/** kubelet may swap the folder while it is read; one swap takes a millisecond, so five in a row do not happen. */
export const readAttempts = 5;

export const connectTimeoutMs = 5_000;
export const tlsTimeoutMs = 10_000;
/** Finds dead streams and keeps the entries of NAT gateways alive, which forget idle connections after 240 s and more. */
export const tcpKeepAliveMs = 30_000;
/** Below the 5 s after which common servers close an idle connection: a POST must not race that close. */
export const idleUpstreamMs = 4_000;
/** Sockets kept idle per server. */
export const maxIdleUpstreams = 32;
/** DNS is asked again at least this often, because only a new connection asks. */
export const maxUpstreamAgeMs = 600_000;

/** Requests and streams at one time and server; above it 503 at once, because a queue behind open streams never moves. */
export const maxActiveRequests = 4_096;
/** JWTs beside `Mcp-Param-*` headers pass Node's own 16 KiB. */
export const maxHeaderBytes = 64 * 1024;
/** What an interim answer says is dropped; a server that sends more of them than this never answers. */
export const maxInterimAnswers = 16;
/** Size and extension of one chunk. */
export const maxChunkLineBytes = 256;
/** Trailers are dropped, so there is no reason to read many. */
export const maxTrailerBytes = 8 * 1024;
/** What a client may send ahead of an answer; beyond it the connection is not read until the answer is there. */
export const maxPipelinedBytes = 64 * 1024;
/**
 * Client connections that wait for their client, of all listeners: an agent's HTTP client keeps a handful. At the limit the
 * oldest is closed: one without a whole request, or an idle one, of which there are more.
 */
export const maxWaitingClients = 1_024;
/** Client connections of all listeners; a stream takes about 15 kB, and the proxy's memory limit is 128 Mi. */
export const maxClientConnections = maxActiveRequests + maxWaitingClients;
/** Unfinished heads and requests sent ahead, of all connections: 64 of the largest. At the limit the oldest is closed. */
export const maxHeldBytes = 4 * 1024 * 1024;
export const clientHeadersTimeoutMs = 60_000;
/** The app's idle connections cost nothing on loopback; closing them early would race its next POST. */
export const clientKeepAliveMs = 75_000;
/** An answer is lost when the connection closes while its request is still coming: so long the rest is read, and dropped. */
export const lingerMs = 2_000;
/** How often the timeouts of client connections, and of idle ones to a server, are looked at. */
export const sweepMs = 1_000;
/** The kernel writes its table of connections anew for each reading: not more often than this, for all together. */
export const peerTableMs = 20;
/** Tens of thousands of connections in one pod. */
export const maxPeerTableBytes = 8 * 1024 * 1024;
/** So many readings without a client's row before it counts as gone. Under churn one reading may leave out a row. */
export const peerReadings = 4;
/** A closing client may look half closed for a moment, while its kernel takes the connection down. */
export const peerRecheckMs = 20;

/** The `endpoint` event is the first one of a legacy stream; a server that has not sent it by then is not one. */
export const maxEndpointBytes = 16 * 1024;
/** Values shorter than this are dropped from responses only as a whole value: `a` stands in every header. */
export const minSecretScanLength = 8;

/** The admin port: the kubelet and one or two Prometheus servers use one connection each. */
export const maxAdminConnections = 64;
/** A probe or a scrape sends its head in one packet. */
export const adminHeadMs = 2_000;
/** A metrics page takes milliseconds; a client that does not read it is cut off. */
export const adminResponseMs = 5_000;
/** A scrape with a bearer token has 2 kB. */
export const maxAdminHeadBytes = 8 * 1024;

package main

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/google/jsonschema-go/jsonschema"
	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// `go` lines of the test.
var goAhead = make(chan struct{})

type nothing struct{}

type echoed struct {
	Text string `json:"text"`
	Tag  string `json:"tag,omitempty"`
}

func text(value string) *mcp.CallToolResult {
	return &mcp.CallToolResult{Content: []mcp.Content{&mcp.TextContent{Text: value}}}
}

func mcpServer() *mcp.Server {
	server := mcp.NewServer(&mcp.Implementation{Name: "go", Version: "1.0.0"}, nil)
	addEcho(server)
	mcp.AddTool(server, &mcp.Tool{Name: "announce"}, func(context.Context, *mcp.CallToolRequest, nothing) (*mcp.CallToolResult, any, error) {
		// Adding a tool tells everybody.
		addEcho(server)
		return text("announced"), nil, nil
	})
	mcp.AddTool(server, &mcp.Tool{Name: "slow"}, slow)
	mcp.AddTool(server, &mcp.Tool{Name: "ask"}, ask)
	mcp.AddTool(server, &mcp.Tool{Name: "wait"}, func(ctx context.Context, _ *mcp.CallToolRequest, _ nothing) (*mcp.CallToolResult, any, error) {
		say(line{"event": "waiting"})
		<-ctx.Done()
		say(line{"event": "cancelled"})
		return nil, nil, ctx.Err()
	})
	return server
}

func addEcho(server *mcp.Server) {
	schema, err := jsonschema.For[echoed](nil)
	check(err)
	// From 2026-07-28 on, a client sends such an argument in a header as well, and the server compares the two.
	schema.Properties["tag"].Extra = map[string]any{"x-mcp-header": "Tag"}
	mcp.AddTool(server, &mcp.Tool{Name: "echo", InputSchema: schema}, func(_ context.Context, _ *mcp.CallToolRequest, in echoed) (*mcp.CallToolResult, any, error) {
		return text(in.Text), nil, nil
	})
}

func slow(ctx context.Context, req *mcp.CallToolRequest, _ nothing) (*mcp.CallToolResult, any, error) {
	for progress := range 3 {
		err := req.Session.NotifyProgress(ctx, &mcp.ProgressNotificationParams{
			ProgressToken: req.Params.GetProgressToken(),
			Progress:      float64(progress + 1),
			Total:         3,
		})
		if err != nil {
			return nil, nil, err
		}
		<-goAhead
	}
	return text("done"), nil, nil
}

func ask(ctx context.Context, req *mcp.CallToolRequest, _ nothing) (*mcp.CallToolResult, any, error) {
	question := &mcp.ElicitParams{
		Message: "Really?",
		RequestedSchema: map[string]any{
			"type":       "object",
			"properties": map[string]any{"answer": map[string]any{"type": "string"}},
			"required":   []string{"answer"},
		},
	}
	// 2026-07-28 has no requests from server to client.
	if req.ProtocolVersion() >= "2026" {
		if answer, ok := req.Params.InputResponses["really"].(*mcp.ElicitResult); ok {
			return text(fmt.Sprintf("elicited %v", answer.Content["answer"])), nil, nil
		}
		return &mcp.CallToolResult{InputRequests: mcp.InputRequestMap{"really": question}}, nil, nil
	}
	if req.Session.InitializeParams().Capabilities.Elicitation != nil {
		answer, err := req.Session.Elicit(ctx, question)
		if err != nil {
			return nil, nil, err
		}
		return text(fmt.Sprintf("elicited %v", answer.Content["answer"])), nil, nil
	}
	answer, err := req.Session.CreateMessage(ctx, &mcp.CreateMessageParams{
		MaxTokens: 10,
		Messages:  []*mcp.SamplingMessage{{Role: "user", Content: &mcp.TextContent{Text: "Really?"}}},
	})
	if err != nil {
		return nil, nil, err
	}
	return text("sampled " + answer.Content.(*mcp.TextContent).Text), nil, nil
}

func handler() http.Handler {
	server := func(*http.Request) *mcp.Server { return mcpServer() }
	sessions := mcp.NewStreamableHTTPHandler(server, &mcp.StreamableHTTPOptions{EventStore: mcp.NewMemoryEventStore(nil)})
	// The SDK serves 2026-07-28 without sessions only; who listens there hears of changes of this one server.
	shared := mcpServer()
	modern := mcp.NewStreamableHTTPHandler(func(*http.Request) *mcp.Server { return shared }, &mcp.StreamableHTTPOptions{Stateless: true, PropagateRequestCancellation: true})
	mux := http.NewServeMux()
	mux.Handle("/sse", mcp.NewSSEHandler(server, nil))
	mux.HandleFunc("/mcp", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Mcp-Protocol-Version") >= "2026" {
			modern.ServeHTTP(w, r)
		} else {
			sessions.ServeHTTP(w, r)
		}
	})
	return mux
}

// Remembers the status; the controller of the SDK reaches the real writer through Unwrap.
type watched struct {
	http.ResponseWriter
	status int
}

func (w *watched) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

func (w *watched) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// Says every request and its end to the test, and answers 401 to all that lack exactly one good credential.
func guarded(next http.Handler) http.Handler {
	accepted := strings.Split(os.Getenv("ACCEPTED"), ",")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		credentials := []string{}
		for _, value := range r.Header.Values("Authorization") {
			digest := sha256.Sum256([]byte(value))
			credentials = append(credentials, hex.EncodeToString(digest[:]))
		}
		names := []string{"host"}
		for name, values := range r.Header {
			for range values {
				names = append(names, strings.ToLower(name))
			}
		}
		revision := any(nil)
		if value := r.Header.Get("Mcp-Protocol-Version"); value != "" {
			revision = value
		}
		say(line{
			"event": "request", "method": r.Method, "path": r.URL.Path, "headers": names,
			"credentials": credentials, "revision": revision, "resumes": r.Header.Get("Last-Event-Id") != "",
		})
		answer := &watched{ResponseWriter: w, status: 200}
		defer func() {
			say(line{"event": "ended", "method": r.Method, "path": r.URL.Path, "status": answer.status})
		}()
		if len(credentials) != 1 || !slices.Contains(accepted, credentials[0]) {
			answer.WriteHeader(http.StatusUnauthorized)
			return
		}
		next.ServeHTTP(answer, r)
	})
}

func serve() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	say(line{"event": "listening", "port": listener.Addr().(*net.TCPAddr).Port})
	server := &http.Server{Handler: guarded(handler())}
	go lines(func([]byte) { goAhead <- struct{}{} })
	if folder := os.Getenv("TLS"); folder != "" {
		server.TLSConfig = &tls.Config{}
		if os.Getenv("CLIENT_CERTIFICATE") == "required" {
			ca, err := os.ReadFile(filepath.Join(folder, "ca.crt"))
			check(err)
			pool := x509.NewCertPool()
			pool.AppendCertsFromPEM(ca)
			server.TLSConfig.ClientCAs = pool
			server.TLSConfig.ClientAuth = tls.RequireAndVerifyClientCert
		}
		check(server.ServeTLS(listener, filepath.Join(folder, "tls.crt"), filepath.Join(folder, "tls.key")))
	}
	check(server.Serve(listener))
}

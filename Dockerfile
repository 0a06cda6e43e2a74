# Two images from one build (`npm run build` makes dist/). BASE is any image with Node 24 as `node` in the path below; it
# is an argument so that the program can stand on a company's own base, pinned by digest, or on one made without a
# registry. This one has no shell and no package manager; the digest is its index of all architectures. Nothing runs while
# building, so one machine can build for each of them: an image is its base plus a few files.
ARG BASE=gcr.io/distroless/nodejs24-debian13:nonroot@sha256:fbbdda866ea71aef98c4abece17e3d61fbf820cc2ef3961522caa2478716171a

# What runs beside every agent: three files that import nothing but node.
FROM ${BASE} AS proxy
ENV PATH=/nodejs/bin:/usr/local/bin:/usr/bin:/bin
COPY dist/proxy.mjs dist/check.mjs dist/config.mjs dist/LICENSE dist/THIRD-PARTY-LICENSES /sallyport/
USER 14700:14700
ENTRYPOINT ["node", "/sallyport/proxy.mjs"]

# The webhook server, and every other command.
FROM ${BASE} AS server
ENV PATH=/nodejs/bin:/usr/local/bin:/usr/bin:/bin
COPY dist/cli.mjs dist/worker.mjs dist/LICENSE dist/THIRD-PARTY-LICENSES /sallyport/
COPY dist/chunks /sallyport/chunks
USER 65532:65532
# Buffers of 128 KiB and more go back to the kernel as soon as they are freed: without this, the C library keeps those of
# large reviews.
ENV MALLOC_MMAP_THRESHOLD_=131072
# Garbage is collected sooner, and the heap grows more slowly: a third less memory at full speed, for a tenth of the
# reviews a second. Half of the manifests' limit is left for what is no heap. Each
# thread collects its own garbage, so that what a large review costs has the low priority of its worker thread.
ENTRYPOINT ["node", "--single-threaded-gc", "--max-semi-space-size=4", "--max-old-space-size=112", "/sallyport/cli.mjs"]

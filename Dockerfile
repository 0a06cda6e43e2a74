# Two images from one build (`npm run build` makes dist/). BASE is any image with Node 24 at `node`; it is an argument
# so that the program can stand on a company's own base, or on one made without a registry. Nothing runs while
# building: each image is its base plus a few files.
ARG BASE=docker.io/library/node:24-slim

# What runs beside every agent: two files that import nothing but node.
FROM ${BASE} AS proxy
COPY dist/proxy.mjs dist/check.mjs /sallyport/
USER 14700:14700
ENTRYPOINT ["node", "/sallyport/proxy.mjs"]

# The webhook server, and every other command.
FROM ${BASE} AS server
COPY dist/cli.mjs /sallyport/
COPY dist/chunks /sallyport/chunks
USER 65532:65532
# Garbage is collected sooner, and the heap grows more slowly: a third less memory at full speed, for a tenth of the
# reviews a second. Half of the manifests' limit is left for what is no heap.
ENTRYPOINT ["node", "--max-semi-space-size=4", "--max-old-space-size=112", "/sallyport/cli.mjs"]

// Package main lists the tools of an MCP server the way kagent's controller does, and is an MCP server for it to list:
// one that demands TLS and a client certificate. The SDK is of the version that kagent v0.9.12 is built with.
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

func main() {
	log.SetFlags(0)
	if len(os.Args) != 3 {
		log.Fatal("list URL, or serve FOLDER")
	}
	do := map[string]func(string) error{"list": list, "serve": serve}[os.Args[1]]
	if err := do(os.Args[2]); err != nil {
		log.Fatal(err)
	}
}

// As in createMcpTransport and listTools of its reconciler, for a server without headers.
func list(url string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	client := mcp.NewClient(&mcp.Implementation{Name: "kagent-controller", Version: "v0.9.12"}, nil)
	session, err := client.Connect(ctx, &mcp.StreamableClientTransport{
		Endpoint:             url,
		HTTPClient:           &http.Client{Timeout: 30 * time.Second, Transport: http.DefaultTransport},
		DisableStandaloneSSE: true,
	}, nil)
	if err != nil {
		return err
	}
	defer session.Close()
	result, err := session.ListTools(ctx, &mcp.ListToolsParams{})
	if err != nil {
		return err
	}
	for _, tool := range result.Tools {
		fmt.Println(tool.Name)
	}
	return nil
}

type nothing struct{}

func serve(folder string) error {
	ca, err := os.ReadFile(filepath.Join(folder, "ca.crt"))
	if err != nil {
		return err
	}
	clients := x509.NewCertPool()
	clients.AppendCertsFromPEM(ca)
	server := mcp.NewServer(&mcp.Implementation{Name: "guarded", Version: "1.0.0"}, nil)
	mcp.AddTool(server, &mcp.Tool{Name: "guarded_tool"}, func(context.Context, *mcp.CallToolRequest, nothing) (*mcp.CallToolResult, any, error) {
		return &mcp.CallToolResult{}, nil, nil
	})
	mux := http.NewServeMux()
	mux.Handle("/mcp", mcp.NewStreamableHTTPHandler(func(*http.Request) *mcp.Server { return server }, nil))
	listener := http.Server{
		Addr:      ":8443",
		Handler:   mux,
		TLSConfig: &tls.Config{ClientCAs: clients, ClientAuth: tls.RequireAndVerifyClientCert},
	}
	return listener.ListenAndServeTLS(filepath.Join(folder, "tls.crt"), filepath.Join(folder, "tls.key"))
}

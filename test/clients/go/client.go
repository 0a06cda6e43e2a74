package main

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

type command struct {
	Do        string         `json:"do"`
	URL       string         `json:"url"`
	Transport string         `json:"transport"`
	Revision  string         `json:"revision"`
	Elicits   bool           `json:"elicits"`
	Tool      string         `json:"tool"`
	Arguments map[string]any `json:"arguments"`
}

// A credential of the app's own, which must never arrive, and a header that must.
type ownHeaders struct{}

func (ownHeaders) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer the-wrong-one")
	r.Header.Set("X-App", "as-it-is")
	return http.DefaultTransport.RoundTrip(r)
}

func connect(ctx context.Context, c command) (*mcp.ClientSession, error) {
	options := &mcp.ClientOptions{
		ToolListChangedHandler: func(context.Context, *mcp.ToolListChangedRequest) { say(line{"step": "changed"}) },
		ProgressNotificationHandler: func(_ context.Context, r *mcp.ProgressNotificationClientRequest) {
			say(line{"step": "progress", "progress": r.Params.Progress})
		},
	}
	if c.Elicits {
		options.ElicitationHandler = func(context.Context, *mcp.ElicitRequest) (*mcp.ElicitResult, error) {
			say(line{"step": "asked"})
			return &mcp.ElicitResult{Action: "accept", Content: map[string]any{"answer": "yes"}}, nil
		}
	} else {
		options.CreateMessageHandler = func(context.Context, *mcp.CreateMessageRequest) (*mcp.CreateMessageResult, error) {
			say(line{"step": "asked"})
			return &mcp.CreateMessageResult{Role: "assistant", Model: "none", Content: &mcp.TextContent{Text: "yes"}}, nil
		}
	}
	client := mcp.NewClient(&mcp.Implementation{Name: "go", Version: "1.0.0"}, options)
	web := &http.Client{Transport: ownHeaders{}}
	var transport mcp.Transport = &mcp.StreamableClientTransport{Endpoint: c.URL, HTTPClient: web}
	if c.Transport == "sse" {
		transport = &mcp.SSEClientTransport{Endpoint: c.URL, HTTPClient: web}
	}
	return client.Connect(ctx, transport, &mcp.ClientSessionOptions{ProtocolVersion: c.Revision})
}

func call(ctx context.Context, session *mcp.ClientSession, c command) {
	params := &mcp.CallToolParams{Name: c.Tool, Arguments: c.Arguments}
	params.SetProgressToken("progress of " + c.Tool)
	result, err := session.CallTool(ctx, params)
	if err != nil {
		say(line{"step": "failed", "message": err.Error()})
	} else {
		say(line{"step": "result", "content": result.Content})
	}
}

// Does what the lines on standard input say, one after the other but for a call, and says what came of it.
func drive() {
	ctx := context.Background()
	cancel := func() {}
	var session *mcp.ClientSession
	act := func(c command) (err error) {
		switch c.Do {
		case "connect":
			if session, err = connect(ctx, c); err == nil {
				say(line{"step": "connected", "revision": session.InitializeResult().ProtocolVersion})
			}
		case "list":
			var found *mcp.ListToolsResult
			if found, err = session.ListTools(ctx, nil); err == nil {
				names := []string{}
				for _, tool := range found.Tools {
					names = append(names, tool.Name)
				}
				say(line{"step": "listed", "tools": names})
			}
		case "call":
			var calling context.Context
			calling, cancel = context.WithCancel(ctx)
			go call(calling, session, c)
		case "cancel":
			cancel()
		case "end":
			if err = session.Close(); err == nil {
				say(line{"step": "ended"})
			}
		default:
			err = errors.New("not a thing to do")
		}
		return err
	}
	lines(func(l []byte) {
		var c command
		check(json.Unmarshal(l, &c))
		if err := act(c); err != nil {
			say(line{"step": "failed", "message": err.Error()})
		}
	})
}

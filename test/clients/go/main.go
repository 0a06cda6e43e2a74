// An MCP client and an MCP server on github.com/modelcontextprotocol/go-sdk, driven by lines of JSON.
package main

import (
	"bufio"
	"encoding/json"
	"os"
	"sync"
)

func main() {
	if len(os.Args) == 2 && os.Args[1] == "server" {
		serve()
	} else {
		drive()
	}
}

type line = map[string]any

var speaking sync.Mutex

func say(l line) {
	speaking.Lock()
	defer speaking.Unlock()
	_ = json.NewEncoder(os.Stdout).Encode(l)
}

// The test's end of standard input is the end of this process, so that nothing outlives a test that was killed.
func lines(handle func([]byte)) {
	input := bufio.NewScanner(os.Stdin)
	input.Buffer(nil, 16<<20)
	for input.Scan() {
		handle(input.Bytes())
	}
	os.Exit(0)
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"path/filepath"
	"strings"
	"testing"
)

// running is a portal that "slipway serve" serves until the test ends.
func running(t *testing.T) (url string) {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	said, out := io.Pipe()
	ended := make(chan error, 1)
	args := []string{"serve", "--listen", "127.0.0.1:0", "--gitlab-listen", "127.0.0.1:0", "--data", filepath.Join(t.TempDir(), "data")}
	go func() {
		err := run(ctx, args, out, out)
		_ = out.CloseWithError(io.EOF)
		ended <- err
	}()
	t.Cleanup(func() {
		stop()
		<-ended
	})
	var text strings.Builder
	for buffer := make([]byte, 512); !strings.Contains(text.String(), "serving;"); {
		n, err := said.Read(buffer)
		if err != nil {
			t.Fatalf("it ended: %s", text.String())
		}
		text.Write(buffer[:n])
	}
	go func() { _, _ = io.Copy(io.Discard, said) }()
	_, rest, _ := strings.Cut(text.String(), "portal ")
	return strings.Fields(rest)[0]
}

// TestCommandsOfARunningPortal holds what the commands ask for against what a portal answers.
func TestCommandsOfARunningPortal(t *testing.T) {
	t.Parallel()
	url := running(t)
	for args, want := range map[string]string{
		"doctor":                   "0 with problems",
		"status":                   "no operations yet",
		"status nope":              `no operation with id "nope"`,
		"op retry nope":            `no operation with id "nope"`,
		"create --template absent": "there is no template:default/absent in the catalog",
	} {
		var out, errOut bytes.Buffer
		_ = exitCode(run(t.Context(), append(strings.Fields(args), "--url", url), &out, &errOut), &errOut)
		if text := out.String() + errOut.String(); !strings.Contains(text, want) {
			t.Errorf("%s: %s", args, text)
		}
	}
	var out, errOut bytes.Buffer
	_ = exitCode(run(t.Context(), []string{"doctor", "--json", "--url", url}, &out, &errOut), &errOut)
	if err := json.Unmarshal(out.Bytes(), &diagnosis{}); err != nil || errOut.Len() > 0 {
		t.Errorf("%v: %s%s", err, &out, &errOut)
	}
}

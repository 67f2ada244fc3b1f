package main

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestMain lets the test binary stand in for a function: with the environment of Lambda it
// asks for events and answers them.
func TestMain(m *testing.M) {
	if api := os.Getenv("AWS_LAMBDA_RUNTIME_API"); api != "" {
		answerEvents("http://"+api+"/2018-06-01/runtime/", os.Getenv("BEHAVIOUR"))
		return
	}
	os.Exit(m.Run())
}

func answerEvents(api, behaviour string) {
	if behaviour == "init error" {
		post(api+"init/error", `{"errorMessage":"no settings"}`)
		return
	}
	for behaviour != "exit" {
		r, err := http.Get(api + "invocation/next")
		if err != nil {
			return
		}
		_ = r.Body.Close()
		post(api+"invocation/"+r.Header.Get("Lambda-Runtime-Aws-Request-Id")+"/response", "{}")
	}
}

func post(url, body string) {
	if r, err := http.Post(url, "application/json", strings.NewReader(body)); err == nil {
		_ = r.Body.Close()
	}
}

func TestRun(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	event := filepath.Join(t.TempDir(), "event.json")
	if err := os.WriteFile(event, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		args []string
		want string // part of the error, "" for none
	}{
		"good":          {[]string{"-starts", "2", "-warm", "3", "x:" + event + "=" + self}, ""},
		"init fails":    {[]string{"-env", "BEHAVIOUR=init error", "x:" + event + "=" + self}, "no settings"},
		"ends":          {[]string{"-env", "BEHAVIOUR=exit", "x:" + event + "=" + self}, "ended by itself"},
		"nothing":       {nil, "nothing to time"},
		"no event":      {[]string{"x:absent.json=" + self}, "reading the event of x"},
		"no binary":     {[]string{"x:" + event + "=absent"}, "looking at x"},
		"no name":       {[]string{self}, "is not of the form"},
		"not a program": {[]string{"x:" + event + "=" + event}, "permission denied"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out strings.Builder
			err := run(c.args, &out)
			switch {
			case c.want == "" && (err != nil || !strings.Contains(out.String(), "\n| x | ")):
				t.Errorf("got %q, %v; want a table", out.String(), err)
			case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func TestQuantile(t *testing.T) {
	t.Parallel()
	all := []time.Duration{4, 1, 3, 2}
	for p, want := range map[float64]time.Duration{0: 1, 0.5: 3, 0.99: 4, 1: 4} {
		if got := quantile(all, p); got != want {
			t.Errorf("quantile(%v, %v) = %d, want %d", all, p, got, want)
		}
	}
	if got := quantile(nil, 0.5); got != 0 {
		t.Errorf("quantile of nothing = %d, want 0", got)
	}
}

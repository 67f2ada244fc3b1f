package main

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const registered = `apiVersion: backstage.io/v1alpha1
kind: User
metadata: {name: jane}
spec: {memberOf: []}
---
apiVersion: example.com/v1
kind: Gadget
metadata: {name: g}
spec: {owner: user:jane}
`

const gadgets = "kinds: [{kind: Gadget, apiVersions: [example.com/v1], fields: [{name: owner, type: text}], relations: [{field: owner, type: ownedBy, reverse: ownerOf, defaultKind: Group}]}]\n"

func TestServeRegistersTheLocationsOfTheCommandLine(t *testing.T) {
	t.Parallel()
	host := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/all.yaml" {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		_, _ = w.Write([]byte(registered))
	}))
	t.Cleanup(host.Close)
	kinds := filepath.Join(t.TempDir(), "kinds.yaml")
	if err := os.WriteFile(kinds, []byte(gadgets), 0o600); err != nil {
		t.Fatal(err)
	}
	allow := "--allow-host " + strings.TrimPrefix(host.URL, "http://")
	for name, c := range map[string]struct {
		args     string
		code     int
		out, err string
	}{
		"a location":           {allow + " --kinds " + kinds + " --location " + host.URL + "/all.yaml", 0, "all.yaml: 2 entities", ""},
		"an undeclared kind":   {allow + " --location " + host.URL + "/all.yaml", 0, "all.yaml: 1 entities", "Gadget is not one of the kinds"},
		"two, one is missing":  {allow + " --location " + host.URL + "/nope.yaml --location " + host.URL + "/all.yaml", 1, "all.yaml: 1 entities", "nope.yaml: there is no file at"},
		"a host not allowed":   {"--location " + host.URL + "/all.yaml", 1, "", "must be the URL of a file"},
		"a host that is none":  {"--allow-host https://x.example", 1, "", "must be HOST or HOST:PORT"},
		"kinds that are wrong": {"--kinds " + os.Args[0], 1, "", "the declaration of kinds"},
		"kinds that are not":   {"--kinds /nonexistent/kinds.yaml", 1, "", "reading the kinds of entities"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out, errOut bytes.Buffer
			args := strings.Fields("serve --once --listen 127.0.0.1:0 --gitlab-listen 127.0.0.1:0 --data " + filepath.Join(t.TempDir(), "data") + " " + c.args)
			code := exitCode(run(t.Context(), args, &out, &errOut), &errOut)
			if code != c.code || !strings.Contains(out.String(), c.out) || !strings.Contains(errOut.String(), c.err) {
				t.Errorf("exit %d\n%s\n%s", code, out.String(), errOut.String())
			}
		})
	}
}

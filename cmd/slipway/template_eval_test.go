package main

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// evaluated answers lines as "slipway template eval" does.
func evaluated(t testing.TB, in io.Reader, args ...string) []string {
	t.Helper()
	var out, errOut bytes.Buffer
	if err := templateEval(t.Context(), args, in, &out, &errOut); err != nil {
		t.Fatal(err, errOut.String())
	}
	return strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
}

func TestTemplateEval(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ line, want string }{
		{`{"mode":"render","template":"Hi ${{ a }} <${{ b }}>","context":{"a":1}}`, `{"ok":true,"out":"Hi 1 <>"}`},
		{`{"template":""}`, `{"ok":true,"out":""}`},
		{`{"mode":"render","template":"${{ a | dump }}","context":{"a":{"z":1,"b":[true,null]}}}`, `{"ok":true,"out":"{\"z\":1,\"b\":[true,null]}"}`},
		{`{"mode":"render","template":"a\n  {% if 1 %}\nb{% endif %}","opts":{"trimBlocks":true,"lstripBlocks":true}}`, `{"ok":true,"out":"a\nb"}`},
		{`{"mode":"compat","template":"{{ cookiecutter.a }} {{ True }}","context":{"cookiecutter":{"a":"x"}}}`, `{"ok":true,"out":"x true"}`},
		{`{"mode":"render","template":"{{ a }}","context":{"a":"x"},"opts":{"cookiecutterCompat":true}}`, `{"ok":true,"out":"x"}`},
		{`{"mode":"value","template":"${{ a }}","context":{"a":{"n":[1,"<x>"]}}}`, `{"t":"json","v":{"n":[1,"<x>"]}}`},
		{`{"mode":"value","template":"${{ none }}","context":{"none":null}}`, `{"t":"json","v":null}`},
		{`{"mode":"value","template":"${{ a }} b","context":{"a":7}}`, `{"t":"json","v":"7 b"}`},
		{`{"mode":"value","template":"${{ a.b.c }}"}`, `{"t":"undef"}`},
		{`{"mode":"value","template":"${{ a | nosuch }}"}`, `{"t":"error","raw":"${{ a | nosuch }}","err":"template:1:9: unknown filter \"nosuch\""}`},
		{`{"mode":"render","template":"x ${{ ( }}"}`, `{"ok":false,"err":"template:1:9: expected a value, found \"}}\""}`},
		{`{"mode":"parse","template":"x"}`, `{"ok":false,"err":"mode \"parse\" is not render, value or compat"}`},
		{`{"template":"x","context":[]}`, `{"ok":false,"err":"the context is not an object"}`},
		{`{"mode":"value","template":"x","context":1}`, `{"t":"error","raw":"x","err":"the context is not an object"}`},
		{`{"template":"x","context":null,"opts":null,"more":[1]}`, `{"ok":true,"out":"x"}`},
		{`{"template":"x","opts":{"autoescape":true}}`, `{"ok":true,"out":"x"}`},
		{`{"mode":"render"}`, `{"ok":false,"err":"the line has no template"}`},
		{`  `, `{"ok":false,"err":"the line is blank"}`},
	} {
		if diff := cmp.Diff([]string{c.want}, evaluated(t, strings.NewReader(c.line))); diff != "" {
			t.Errorf("%s: %s", c.line, diff)
		}
	}
}

func TestTemplateEvalGoesOnAfterABadLine(t *testing.T) {
	t.Parallel()
	in := "{\n\n[1]\r\n\x00\xff\n" + strings.Repeat("x", maxEvalLine+10) + "\n" + `{"template":"` + strings.Repeat("${{ ", 100_000) + `"}` + "\n" +
		`{"mode":"value","template":"${{ range(1000000000) }}"}` + "\n" + `{"template":"last"}`
	got := evaluated(t, strings.NewReader(in))
	if len(got) != 8 || got[7] != `{"ok":true,"out":"last"}` {
		t.Fatalf("%d answers, the last %s", len(got), got[len(got)-1])
	}
	for i, answer := range got[:7] {
		var a struct {
			OK  bool
			Err string
		}
		if err := json.Unmarshal([]byte(answer), &a); err != nil || a.OK || a.Err == "" {
			t.Errorf("line %d: %s", i, answer)
		}
	}
}

func TestTemplateEvalKnowsHosts(t *testing.T) {
	t.Parallel()
	line := `{"mode":"value","template":"${{ 'git.example.com?owner=a&repo=b' | projectSlug }}"}`
	if got := evaluated(t, strings.NewReader(line)); got[0] != `{"t":"json","v":"a/b"}` {
		t.Errorf("any host: %s", got)
	}
	if got := evaluated(t, strings.NewReader(line), "--host", "gitlab.example.com=gitlab"); !strings.Contains(got[0], `no Git host`) {
		t.Errorf("another host: %s", got)
	}
}

func FuzzTemplateEval(f *testing.F) {
	f.Add([]byte(`{"mode":"value","template":"${{ a }}","context":{"a":1}}` + "\n{"))
	f.Add([]byte(`{"template":"{% for a in b %}","context":{"b":[1,[2]]},"opts":{"trimBlocks":true}}`))
	f.Fuzz(func(t *testing.T, in []byte) {
		lines := bytes.Count(in, []byte("\n"))
		if len(in) > 0 && in[len(in)-1] != '\n' {
			lines++
		}
		got := evaluated(t, bytes.NewReader(in))
		if lines == 0 {
			got = got[1:]
		}
		if len(got) != lines {
			t.Fatalf("%d answers to %d lines", len(got), lines)
		}
		for _, answer := range got {
			if !json.Valid([]byte(answer)) {
				t.Fatalf("no JSON: %s", answer)
			}
		}
	})
}

package gitlabci_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlabci"
)

// hostile are files that ask for far more than they hold. Each has to be refused, or
// compiled, without taking much time or memory.
func hostile() map[string]string {
	laughs := "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
	for i := 1; i < 9; i++ {
		ref := fmt.Sprintf("*a%d", i-1)
		laughs += fmt.Sprintf("a%d: &a%d [%s]\n", i, i, strings.TrimSuffix(strings.Repeat(ref+", ", 10), ", "))
	}
	doubling := "variables:\n  V0: ''\n"
	for i := 1; i <= 45; i++ {
		doubling += fmt.Sprintf("  V%d: $V%d$V%d\n", i, i-1, i-1)
	}
	extends := ".e0: {script: x}\n"
	for i := 1; i <= 9; i++ {
		extends += fmt.Sprintf(".e%d: {extends: [%s]}\n", i, strings.TrimSuffix(strings.Repeat(fmt.Sprintf(".e%d, ", i-1), 30), ", "))
	}
	references := ".r0: [x, x]\n"
	for i := 1; i <= 9; i++ {
		references += fmt.Sprintf(".r%d: [%s]\n", i, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("!reference [.r%d], ", i-1), 20), ", "))
	}
	return map[string]string{
		"aliases":              laughs + "j: {script: *a8}",
		"alias of itself":      "a: &a [*a]\nj: {script: x}",
		"long text by alias":   "a: &a " + strings.Repeat("y", 100_000) + "\nj: {script: [" + strings.Repeat("*a, ", 500) + "x]}",
		"doubling variables":   doubling + "j: {script: x, resource_group: $V45, environment: {name: 'e$V45'}}",
		"doubling text":        strings.Replace(doubling, "V0: ''", "V0: xxxx", 1) + "j: {script: x, resource_group: $V45}",
		"wide extends":         extends + "j: {extends: .e9}",
		"wide references":      references + "j: {script: !reference [.r9]}",
		"deep":                 "a: " + strings.Repeat("[", 50_000) + strings.Repeat("]", 50_000) + "\nj: {script: x}",
		"too large":            "j: {script: x}\n#" + strings.Repeat("c", 1<<20),
		"many parentheses":     "j: {script: x, rules: [{if: '" + strings.Repeat("(", 5000) + "$A'}]}",
		"many jobs":            strings.Repeat("j", 1) + ": {script: x, parallel: 200}\n" + "k: {script: x, parallel: 200}\nl: {script: x, parallel: 200}\nm: {script: x, parallel: 200}\nn: {script: x, parallel: 200}\no: {script: x, parallel: 200}",
		"input in every place": "spec: {inputs: {a: {default: " + strings.Repeat("z", 50_000) + "}}}\n---\nj: {script: [" + strings.Repeat("'$[[ inputs.a ]] x', ", 500) + "x]}",
		"stars":                "j: {script: x, rules: [{exists: ['" + strings.Repeat("**/", 200) + strings.Repeat("*a", 200) + "b']}]}",
		"hostile pattern":      "j: {script: x, rules: [{if: '$CI_COMMIT_TITLE =~ /((a{0,99}){0,99}){0,99}$/'}]}",
	}
}

func TestHostileFilesStayCheap(t *testing.T) {
	t.Parallel()
	for name, text := range hostile() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			src := listed{files: ci(text)}
			src.files[strings.Repeat("a/", 200)+strings.Repeat("a", 200)] = ""
			done := make(chan gitlabci.LintResult, 1)
			go func() { done <- gitlabci.Lint(src, push()) }()
			select {
			case lint := <-done:
				if len(lint.MergedYAML) > 8<<20 {
					t.Errorf("%d bytes of merged YAML", len(lint.MergedYAML))
				}
			case <-time.After(30 * time.Second):
				t.Fatal("takes too long")
			}
		})
	}
}

func FuzzLint(f *testing.F) {
	for _, text := range hostile() {
		if len(text) < 10_000 {
			f.Add(text)
		}
	}
	for _, tc := range refused {
		f.Add(tc.yaml)
	}
	f.Fuzz(func(t *testing.T, text string) {
		src := listed{files: ci(text), changed: []string{"a/b.go"}}
		lint := gitlabci.Lint(src, push())
		if lint.Valid == (len(lint.Errors) > 0) {
			t.Fatalf("valid = %v with errors %q", lint.Valid, lint.Errors)
		}
		p, err := gitlabci.Compile(src, push())
		if err != nil {
			if len(gitlabci.Reasons(err)) == 0 {
				t.Fatal("an error without a reason")
			}
			return
		}
		gitlabci.StatusOf(p, gitlabci.Next(p, nil))
		// What lint shows must mean the same as the file.
		again := listed{files: ci(lint.MergedYAML), changed: src.changed}
		if q, err := gitlabci.Compile(again, push()); err != nil || len(q.Jobs) != len(p.Jobs) {
			t.Fatalf("the merged YAML has %d jobs (%v), the file %d:\n%s", len(q.Jobs), err, len(p.Jobs), lint.MergedYAML)
		}
	})
}

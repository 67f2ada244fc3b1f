package templating

import (
	"context"
	"errors"
	"maps"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// What a hostile template may cost at most: 50 ms and 64 MB on the machine that the limits
// were chosen on, with room for a slower one. Time is that of the processor, the best of
// some attempts, because other programs slow it down; memory is all that is allocated, most
// of it garbage at once.
const (
	mostTime   = 100 * time.Millisecond * slowness
	mostMemory = 64 << 20 * slowness // the race detector has pools forget
	attempts   = 5
)

// hostile are templates that try to take time, memory or stack, or to get out.
var hostile = map[string]string{
	"a long range":               `${{ range(1000000000) | length }}`,
	"a range that does not move": `${{ range(10000000000000000, 10000000000000002) | length }}`,
	"nested loops":               `{% for a in range(30000) %}{% for b in range(30000) %}x{% endfor %}{% endfor %}`,
	"a recursive macro":          `{% macro f() %}${{ f() }}{% endmacro %}${{ f() }}`,
	"a branching macro":          `{% macro f(n) %}{% if n %}${{ f(n-1) }}${{ f(n-1) }}{% endif %}{% endmacro %}${{ f(60) }}`,
	"two macros in a circle":     `{% macro a() %}${{ b() }}{% endmacro %}{% macro b() %}${{ a() }}{% endmacro %}${{ a() }}`,
	"text that doubles":          `{% set s = "xxxxxxxx" %}{% for i in range(60) %}{% set s = s + s %}{% endfor %}`,
	"text that doubles by tilde": `{% set s = "xxxxxxxx" %}{% for i in range(60) %}{% set s = s ~ s %}{% endfor %}`,
	"text that doubles by set":   `{% set s = "xxxxxxxx" %}{% for i in range(60) %}{% set s %}${{ s }}${{ s }}{% endset %}{% endfor %}`,
	"text that doubles by join":  `{% set s = "xxxxxxxx" %}{% for i in range(60) %}{% set s = [s, s] | join %}{% endfor %}`,
	"text that doubles by dump":  `{% set s = "xxxxxxxx" %}{% for i in range(60) %}{% set s = [s, s] | dump %}{% endfor %}`,
	"text that grows by replace": `{% set s = "xxxxxxxx" %}{% for i in range(60) %}{% set s = s | replace("x", "xxxxxxxxxxxxxxxx") %}{% endfor %}`,
	"text that grows by regex":   `{% set s = "xxxxxxxx" %}{% for i in range(60) %}{% set s = s | replace(r/x/g, "$&$&$&$&$&$&$&") %}{% endfor %}`,
	"text that grows by escape":  `{% set s = "<<<<<<<<" %}{% for i in range(60) %}{% set s = s | forceescape %}{% set s = s ~ s %}{% endfor %}`,
	"a list that doubles":        `{% set l = [1,2,3,4] %}{% for i in range(60) %}{% set l = l.concat(l) %}{% endfor %}`,
	"a list that grows by push":  `{% set l = [1] %}{% for i in range(100000000) %}{% if l.push(i, i, i, i) %}{% endif %}{% endfor %}`,
	"a list that holds itself":   `{% set l = [1] %}{% if l.push(l) %}{% endif %}${{ l }}`,
	"a list of lists, dumped":    `{% set l = [1] %}{% for i in range(40) %}{% set l = [l, l] %}{% endfor %}${{ l | dump }}`,
	"a list of lists, printed":   `{% set l = [1] %}{% for i in range(40) %}{% set l = [l, l] %}{% endfor %}${{ l }}`,
	"a list of lists, compared":  `{% set l = [1] %}{% for i in range(40) %}{% set l = [l, l] %}{% endfor %}${{ l == "x" }}`,
	"a range to infinity":        `${{ range(1 / 0) | length }}`,
	"a range beyond integers":    `{% set r = range(9007199254740982, 9007199254741002) %}${{ r.nope() }}`,
	"lists that grow in loops":   `{% set l = [] %}{% for i in range(900000) %}{% if l.push(loop, loop) %}{% endif %}{% endfor %}`,
	"loops in loops in loops":    `{% set r = range(300) %}{% for a in r %}{% for b in r %}{% for c in r %}${{ loop.index }}{% endfor %}{% endfor %}{% endfor %}`,
	"many names":                 `{% set s = "x" %}{% for i in range(100000) %}{% set s = s ~ i %}{% endfor %}`,
	"many macros":                strings.Repeat(`{% macro a() %}{% endmacro %}`, 30_000) + `{% for i in range(100000) %}${{ a() }}{% endfor %}`,
	"a deep value":               `{% set l = [] %}{% for i in range(100000) %}{% set l = [l] %}{% endfor %}${{ l | dump }}`,
	"repeated padding":           `{% for i in range(900) %}${{ "x" | center(60000) }}{% endfor %}`,
	"a wide center":              `${{ "x" | center(500000000) }}`,
	"a deep indent":              `${{ "a\nb" | indent(900000000) }}`,
	"an endless indent":          `${{ "a\nb" | indent(1 / 0) }}`,
	"a pattern that looks far":   `{% set s = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" %}{% for i in range(11) %}{% set s = s ~ s %}{% endfor %}${{ s | replace(r/a*b|a/g, "") }}`,
	"a long pattern, often":      `{% set s = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" | replace("a", "abcdefgh") %}{% for i in range(100000) %}${{ s | replace(r/` + strings.Repeat("(a|b|c|d)*", 90) + `x/g, "") }}{% endfor %}`,
	"a deep pattern":             `${{ r/` + strings.Repeat("(", 500_000) + `/ }}`,
	"roots of roots":             `{% for i in range(1000000) %}{% set x = i ** 0.1234567 %}{% endfor %}`,
	"keys that are numbers":      `{% set l = range(70000).reverse() %}${{ l | groupby("") | length }}${{ nope() }}`,
	"large batches":              `${{ [1] | batch(900000000, "x") }}`,
	"many slices":                `${{ [1] | slice(900000000) }}`,
	"a slice without end":        `${{ "abc"[0:1000000000:0.0000001] }}`,
	"a slow regex, often":        `{% set s %}{% for i in range(30000) %}a{% endfor %}{% endset %}{% for i in range(10000) %}{% if r/(a*)*(a|b|c|d|e)+$/.test(s ~ "!") %}{% endif %}{% endfor %}`,
	"a large regex":              `${{ "x".replace(r/((((x{1,10}){1,10}){1,10}){1,10}){1,10}/, "") }}`,
	"a regex with backreference": `${{ "aa" | replace(r/(a+)+\1$/, "") }}`,
	"many matches":               `{% set s %}{% for i in range(300000) %}a{% endfor %}{% endset %}{% for i in range(500) %}{% set x = s | replace(r/(((a)))/g, "") %}{% endfor %}`,
	"many parts":                 `{% set s %}{% for i in range(300000) %}a{% endfor %}{% endset %}{% for i in range(500) %}{% set x = s.split("") %}{% endfor %}`,
	"much output":                `{% for i in range(100000) %}` + strings.Repeat("x", 1000) + `{% endfor %}`,
	"many keys":                  `{% set l = range(3000) %}{% for i in range(3000) %}{% set x = l | sort %}{% endfor %}`,
	"much to group":              `{% set l = range(30000) %}{% for i in range(3000) %}{% set x = l | groupby("a") %}{% endfor %}`,
	"many lengths":               `{% set s %}{% for i in range(300000) %}a{% endfor %}{% endset %}{% for i in range(1000000) %}{% set x = s.length %}{% endfor %}`,
	"a long chain of filters":    `${{ "x"` + strings.Repeat(" | upper", 100_000) + ` }}`,
	"a long sum":                 `${{ 1` + strings.Repeat(" + 1", 200_000) + ` }}`,
	"many parentheses":           `${{ ` + strings.Repeat("(", 100_000) + `1` + strings.Repeat(")", 100_000) + ` }}`,
	"many brackets":              `${{ ` + strings.Repeat("[", 100_000) + ` }}`,
	"many nots":                  `${{ ` + strings.Repeat("not ", 100_000) + `1 }}`,
	"many signs":                 `${{ ` + strings.Repeat("-", 100_000) + `1 }}`,
	"many members":               `${{ a` + strings.Repeat(".b", 100_000) + ` }}`,
	"many powers":                `${{ 1` + strings.Repeat(" ** 1", 100_000) + ` }}`,
	"many ifs":                   strings.Repeat(`{% if 1 %}`, 50_000),
	"many raws":                  strings.Repeat(`{% raw %}`, 50_000),
	"many blocks":                strings.Repeat(`{% block a %}`, 50_000),
	"many opened tags":           strings.Repeat(`{{{%{#`, 50_000),
	"a template too large":       strings.Repeat("x", 2<<20),
	"code by the constructor":    `${{ range.constructor("return 1")() }}`,
	"the prototype":              `${{ values.__proto__.polluted }}`,
	"a file":                     `{% include "/etc/passwd" %}`,
	"another template":           `{% extends "../../secret" %}`,
	"an import":                  `{% from "/proc/self/environ" import x %}`,
	"a Go method":                `${{ values.danger.Error() }}`,
	"randomness":                 `${{ [1,2] | random }}`,
}

func TestHostileTemplatesEndSoonInAnError(t *testing.T) {
	e := newEngine(t, Config{})
	scope := map[string]any{"values": map[string]any{"danger": "x", "list": []any{1.0}}}
	for _, name := range slices.Sorted(maps.Keys(hostile)) {
		src := hostile[name]
		t.Run(name, func(t *testing.T) {
			best, used := time.Hour, uint64(0)
			for range attempts {
				took, allocated, err := cost(t, e, src, scope)
				if !errors.Is(err, errs.Invalid) && !errors.Is(err, errs.TooLarge) {
					t.Fatalf("got %v, want Invalid or TooLarge", err)
				}
				if best, used = min(best, took), allocated; best <= mostTime/4 {
					break
				}
			}
			if best > mostTime || used > mostMemory {
				t.Errorf("took %v and %d MiB", best, used>>20)
			}
			if testing.Verbose() {
				t.Logf("%s: %v, %d MiB", name, best.Round(time.Millisecond), used>>20)
			}
		})
	}
}

// cost renders a template and gives what that took.
func cost(t *testing.T, e *Engine, src string, scope map[string]any) (took time.Duration, allocated uint64, err error) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := processorTime(t)
	_, err = e.Render(t.Context(), "hostile", src, scope)
	took = processorTime(t) - start
	runtime.ReadMemStats(&after)
	return took, after.TotalAlloc - before.TotalAlloc, err
}

// processorTime gives the time that this process has been running on a processor.
func processorTime(t *testing.T) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func TestGoValuesAreNotReachable(t *testing.T) {
	t.Parallel()
	e := newEngine(t, Config{})
	for name, v := range map[string]any{
		"pointer": &Config{}, "struct": Config{}, "function": func() string { return "ran" }, "channel": make(chan int), "error": errors.New("x"),
	} {
		text, err := e.Render(t.Context(), name, `${{ v }}${{ v.Error() }}${{ v() }}`, map[string]any{"v": v})
		if !errors.Is(err, errs.Invalid) {
			t.Errorf("%s: got %q, %v", name, text, err)
		}
	}
}

func TestTemplatesCanNotChangeWhatTheyAreGiven(t *testing.T) {
	t.Parallel()
	list := []any{"a"}
	scope := map[string]any{"values": map[string]any{"list": list}}
	e := newEngine(t, Config{})
	for range 2 {
		text, err := e.Render(t.Context(), "push", `{% set values2 = values %}${{ values2.list.push("b") }}${{ values.list }}`, scope)
		if err != nil || text != "2a,b" {
			t.Errorf("got %q, %v", text, err)
		}
	}
	if len(list) != 1 || len(scope) != 1 {
		t.Errorf("scope was changed: %v", scope)
	}
}

func TestRenderStopsWhenTheCallerDoes(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := newEngine(t, Config{}).Render(ctx, "t", `{% for i in range(100000) %}{% endfor %}`, nil)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
}

// Patterns that take exponential time elsewhere are harmless: matching is linear.
func TestCatastrophicPatternIsLinear(t *testing.T) {
	t.Parallel()
	src := `${{ r/^(a+)+(a|b|c|d|e)+$/.test(values.a ~ "!") }}`
	scope := map[string]any{"values": map[string]any{"a": strings.Repeat("a", 30_000)}}
	if text, err := newEngine(t, Config{}).Render(t.Context(), "regex", src, scope); err != nil || text != "false" {
		t.Errorf("got %q, %v", text, err)
	}
}

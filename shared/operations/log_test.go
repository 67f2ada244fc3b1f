package operations_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/table"
)

// log gives all lines of an operation, and holds them to be numbered without gaps.
func (b *bench) log(t *testing.T, id string) []operations.Line {
	t.Helper()
	var all []operations.Line
	for {
		page, err := b.ops.Log(t.Context(), id, len(all), 1000)
		if err != nil {
			t.Fatal(err)
		}
		if len(page) == 0 {
			return all
		}
		for _, line := range page {
			if all = append(all, line); line.Seq != len(all) || line.Time.IsZero() {
				t.Fatalf("line %d is %+v", len(all), line)
			}
		}
	}
}

// told gives lines as a reader sees them: type, step, status and message.
func told(lines []operations.Line) []string {
	var out []string
	for _, l := range lines {
		out = append(out, fmt.Sprintf("%s [%s %s] %s", l.Type, l.Step, l.Status, l.Message))
	}
	return out
}

func (b *bench) step(t *testing.T, id string, s operations.Step, status operations.StepStatus, detail string) {
	t.Helper()
	if err := b.ops.StepBegins(t.Context(), id, s); err != nil {
		t.Fatal(err)
	}
	if _, err := b.ops.StepEnds(t.Context(), id, s.ID, status, detail, nil); err != nil {
		t.Fatal(err)
	}
}

func TestTheLogTellsOfEveryChangeOnce(t *testing.T) {
	t.Parallel()
	for name, wrap := range map[string]func(table.Table) table.Table{
		"answers arrive":   func(stored table.Table) table.Table { return stored },
		"answers get lost": func(stored table.Table) table.Table { return &forgetful{Table: stored} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBenchOn(t, wrap)
			id := b.running(t, "component:default/a").ID
			for range 2 { // every report is made again
				b.step(t, id, operations.Step{ID: "plan", Name: "Plan"}, operations.StepCompleted, "3 effects")
				b.step(t, id, operations.Step{ID: "check", Name: "Check"}, operations.StepCompleted, "")
				b.step(t, id, operations.Step{ID: "template/a", Name: "One", Shown: "a"}, operations.StepCompleted, "made it")
				b.step(t, id, operations.Step{ID: "template/b", Name: "Two", Shown: "b"}, operations.StepSkipped, "its if condition was false")
				b.step(t, id, operations.Step{ID: "template/c", Name: "Three", Shown: "c"}, operations.StepFailed, "there is no such group")
				b.step(t, id, operations.Step{ID: "template/d", Name: "Four", Shown: "d"}, operations.StepSkipped, "a previous step failed")
			}
			for range 2 {
				if _, err := b.ops.Succeed(t.Context(), id, json.RawMessage(`{"url":"x"}`)); err != nil {
					t.Fatal(err)
				}
			}
			lines := b.log(t, id)
			want := []string{
				"log [ ] Plan", "log [ ] Plan: 3 effects", "log [ ] Check", "log [ ] Check: completed",
				"log [a processing] Beginning step One", "log [a completed] Finished step One",
				"log [b processing] Beginning step Two", "log [b skipped] Skipping step b because its if condition was false",
				"log [c processing] Beginning step Three", "log [c failed] there is no such group",
				"log [d processing] Beginning step Four", "log [d skipped] Skipping step d because a previous step failed",
				"completion [ ] Run completed with status: completed",
			}
			if diff := cmp.Diff(want, told(lines)); diff != "" {
				t.Error(diff)
			}
			if last := lines[len(lines)-1]; string(last.Output) != `{"url":"x"}` || last.Problem != nil {
				t.Errorf("%+v", last)
			}
		})
	}
}

func TestTheLogTellsWhatWasUndoneAndWhatWasLeft(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	o := b.running(t, "component:default/a")
	for i := range 12 {
		if _, err := b.ledger.Apply(t.Context(), o.Ref(), thing(fmt.Sprintf("x%d", i))); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.ops.StepBegins(t.Context(), o.ID, operations.Step{ID: "template/a", Name: "One", Shown: "a"}); err != nil {
		t.Fatal(err)
	}
	b.world.keep = "somebody works in it"
	if _, err := b.ledger.Compensate(t.Context(), o.ID, &operations.Problem{Kind: errs.Invalid, Message: "no"}); err != nil {
		t.Fatal(err)
	}
	want := []string{"log [a processing] Beginning step One", "log [a failed] no"}
	for i := range 12 {
		want = append(want, fmt.Sprintf("log [ ] Undoing thing x%d", 11-i))
	}
	for i := range 10 {
		want = append(want, fmt.Sprintf("log [ ] Left thing x%d: somebody works in it", 11-i))
	}
	want = append(want, "log [ ] Left 2 more: the ledger names them", "completion [ ] Run completed with status: failed")
	lines := b.log(t, o.ID)
	if diff := cmp.Diff(want, told(lines)); diff != "" {
		t.Error(diff)
	}
	if p := lines[len(lines)-1].Problem; p == nil || p.Kind != errs.Invalid || p.Message != "no" || len(p.Left) != 12 {
		t.Errorf("%+v", p)
	}
}

// counted counts the transactions on a table.
type counted struct {
	table.Table
	transactions atomic.Int32
	queries      atomic.Int32
}

func (c *counted) Transact(ctx context.Context, writes []table.Write) error {
	c.transactions.Add(1)
	return c.Table.Transact(ctx, writes)
}

func (c *counted) Query(ctx context.Context, q table.Query) (table.Page, error) {
	c.queries.Add(1)
	return c.Table.Query(ctx, q)
}

func TestSayAppendsAtOnce(t *testing.T) {
	t.Parallel()
	stored := &counted{}
	b := newBenchOn(t, func(s table.Table) table.Table { stored.Table = s; return stored })
	id := b.running(t, "component:default/a").ID
	long := strings.Repeat("ö", 40_000)
	control := strings.Repeat("\x01", 40_000) // six bytes each in JSON
	for name, c := range map[string]struct {
		messages     []string
		transactions int32
	}{
		"nothing": {nil, 0}, "one": {[]string{"a"}, 1}, "an empty one": {[]string{""}, 1}, "many": {make([]string, 80), 1},
		"more than fit": {make([]string, 81), 2}, "long ones": {[]string{long, long}, 1}, "as large as can be": {slicesOf(80, control), 5},
	} {
		before, lines := stored.transactions.Load(), len(b.log(t, id))
		if err := b.ops.Say(t.Context(), id, "a", c.messages...); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if n := stored.transactions.Load() - before; n != c.transactions {
			t.Errorf("%s: %d transactions, want %d", name, n, c.transactions)
		}
		for i, line := range b.log(t, id)[lines:] {
			want := c.messages[i]
			if len(want) > 32<<10 {
				want = strings.ToValidUTF8(want[:32<<10], "") + "…"
			}
			if line.Message != want || line.Step != "a" || line.Type != operations.LineLog || line.Status != "" {
				t.Errorf("%s: line %d is of %d bytes: %.50q", name, i, len(line.Message), line.Message)
			}
		}
	}
}

func slicesOf(n int, text string) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = text
	}
	return out
}

func TestAFullLogStillTellsOfChanges(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.running(t, "component:default/a").ID
	if err := b.ops.Say(t.Context(), id, "", slicesOf(9_990, "x")...); err != nil {
		t.Fatal(err)
	}
	b.step(t, id, operations.Step{ID: "s", Name: "Step", Shown: "s"}, operations.StepCompleted, "")
	for range 2 {
		if err := b.ops.Say(t.Context(), id, "", slicesOf(100, "y")...); err != nil {
			t.Fatal(err)
		}
	}
	b.step(t, id, operations.Step{ID: "late", Name: "Late", Shown: "late"}, operations.StepCompleted, "")
	lines := b.log(t, id)
	want := []string{
		"log [ ] y", "log [ ] The log is full: further lines are left out",
		"log [late processing] Beginning step Late", "log [late completed] Finished step Late",
	}
	if diff := cmp.Diff(want, told(lines[len(lines)-4:])); diff != "" || len(lines) != 10_003 {
		t.Errorf("%d lines\n%s", len(lines), diff)
	}
}

func TestTheLogOfAnEndedOperationIsClosed(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.running(t, "component:default/a").ID
	if _, err := b.ops.Succeed(t.Context(), id, nil); err != nil {
		t.Fatal(err)
	}
	if err := b.ops.Say(t.Context(), id, "", "late"); !errors.Is(err, errs.Conflict) {
		t.Errorf("a line was added: %v", err)
	}
	if err := b.ops.Say(t.Context(), "id-404", "", "x"); !errors.Is(err, errs.NotFound) {
		t.Errorf("a line of nothing: %v", err)
	}
}

// A record that is as full as it may be takes lines all the same.
func TestAFullRecordStillHasALog(t *testing.T) {
	t.Parallel()
	b, o, err := filled(t, 300_000)
	if err != nil {
		t.Fatal(err)
	}
	for size := 4096; size > 0; size /= 2 { // fill up what is left
		for b.ops.StepBegins(t.Context(), o.ID, operations.Step{ID: fmt.Sprint(len(b.log(t, o.ID))), Name: strings.Repeat("n", size)}) == nil {
		}
	}
	if err := b.ops.Say(t.Context(), o.ID, "", slicesOf(200, "x")...); err != nil {
		t.Error(err)
	}
}

func TestLogPages(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.running(t, "component:default/a").ID
	if lines, err := b.ops.Log(t.Context(), id, 0, 10); err != nil || len(lines) != 0 {
		t.Errorf("nothing yet: %v, %v", lines, err)
	}
	if err := b.ops.Say(t.Context(), id, "", "1", "2", "3", "4", "5"); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		after, limit int
		want         string
	}{
		"all": {0, 1000, "12345"}, "some": {0, 2, "12"}, "the next": {2, 2, "34"}, "the last": {4, 2, "5"}, "none": {5, 2, ""}, "far behind": {99_999_999, 2, ""}, "from before": {-7, 1, "1"},
	} {
		lines, err := b.ops.Log(t.Context(), id, c.after, c.limit)
		got := ""
		for _, l := range lines {
			got += l.Message
		}
		if err != nil || got != c.want {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	for name, c := range map[string]struct {
		id    string
		limit int
		want  errs.Kind
	}{"no limit": {id, 0, errs.Invalid}, "too many": {id, 1001, errs.Invalid}, "unknown": {"id-404", 1, errs.NotFound}} {
		if _, err := b.ops.Log(t.Context(), c.id, 0, c.limit); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// hiding is a table whose queries miss an item: they are no snapshots.
type hiding struct {
	table.Table
	suffix string
}

func (h *hiding) Query(ctx context.Context, q table.Query) (table.Page, error) {
	page, err := h.Table.Query(ctx, q)
	var seen []table.Item
	for _, item := range page.Items {
		if h.suffix == "" || !strings.HasSuffix(item.SK, h.suffix) {
			seen = append(seen, item)
		}
	}
	page.Items = seen
	return page, err
}

func TestALineThatWasMissedIsNotSkipped(t *testing.T) {
	t.Parallel()
	stored := &hiding{}
	b := newBenchOn(t, func(s table.Table) table.Table { stored.Table = s; return stored })
	id := b.running(t, "component:default/a").ID
	if err := b.ops.Say(t.Context(), id, "", "1", "2", "3", "4"); err != nil {
		t.Fatal(err)
	}
	stored.suffix = "#00000003"
	if lines, err := b.ops.Log(t.Context(), id, 0, 10); err != nil || len(lines) != 2 {
		t.Errorf("%v, %v", told(lines), err)
	}
	stored.suffix = ""
	if lines, err := b.ops.Log(t.Context(), id, 2, 10); err != nil || len(lines) != 2 {
		t.Errorf("%v, %v", told(lines), err)
	}
}

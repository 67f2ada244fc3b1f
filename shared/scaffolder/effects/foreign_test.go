package effects_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scaffolder/effects"
	"github.com/slipwayhq/slipway/shared/scm"
)

// parked undoes an operation, which must leave something for a reason.
func (b *bench) parked(t *testing.T, op operations.Ref, reason string) {
	t.Helper()
	if o := b.undo(t, op); o.Status != operations.Parked || !strings.Contains(left(o), reason) {
		t.Errorf("it ended as %s: %s", o.Status, left(o))
	}
}

func (b *bench) refused(t *testing.T, op operations.Ref, e operations.Effect, kind errs.Kind, reason string) {
	t.Helper()
	if _, err := b.ledger.Apply(t.Context(), op, e); !errors.Is(err, kind) || !strings.Contains(errs.Message(err), reason) {
		t.Errorf("%s: %v", e.Kind, err)
	}
}

func TestSomebodysVariableIsLeftAlone(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	p, op := b.fresh(t, "orders"), b.begin(t, given())
	if _, err := b.Client.CreateVariable(t.Context(), p.ID, scm.NewVariable{Value: "theirs", Variable: scm.Variable{Key: "KEY"}}); err != nil {
		t.Fatal(err)
	}
	b.refused(t, op, variableEffects(t, b, op, p)[0], errs.Conflict, "was not made by this operation")
	if o := b.undo(t, op); o.Status != operations.Failed {
		t.Errorf("it ended as %s: %s", o.Status, left(o))
	}
	if _, err := b.Client.Variable(t.Context(), p.ID, "KEY", "*"); err != nil {
		t.Errorf("theirs: %v", err)
	}
}

func TestAChangedVariableIsLeft(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	p, op := b.fresh(t, "orders"), b.begin(t, given())
	b.make(t, op, variableEffects(t, b, op, p)[0])
	b.Admin.Do(t, "PUT", fmt.Sprintf("/projects/%d/variables/KEY", p.ID), map[string]any{"protected": true, "value": "a-secret-value"})
	b.parked(t, op, "somebody has changed it since")
	if v, err := b.Client.Variable(t.Context(), p.ID, "KEY", "*"); err != nil || !v.Protected {
		t.Errorf("%+v, %v", v, err)
	}
}

func TestAGroupThatIsInUseIsLeft(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	p, op := b.fresh(t, "orders"), b.begin(t, nil)
	list := groupEffects(t, b, op, p)
	b.make(t, op, list...)
	if _, err := b.Client.CreateProject(t.Context(), scm.NewProject{Namespace: list[1].Target, Slug: "theirs", DefaultBranch: "main", Visibility: "private"}); err != nil {
		t.Fatal(err)
	}
	b.parked(t, op, "the group holds projects or groups by now")
	if got := countGroups(t, b, p); got != 2 {
		t.Errorf("%d groups are left", got)
	}
}

func TestAGroupWithAnotherOwnerIsLeft(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	p, op := b.fresh(t, "orders"), b.begin(t, nil)
	list := groupEffects(t, b, op, p)
	made := read[effects.GroupResult](t, b.make(t, op, list[0])[0])
	b.Admin.Do(t, "PUT", fmt.Sprintf("/groups/%d", made.ID), map[string]any{"description": "Ours now."})
	b.parked(t, op, "no longer carries this operation's mark")
}

func TestAGroupThatIsThereWillDo(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	op := b.begin(t, nil)
	apps, err := effects.NewGroup("g/group/apps", effects.GroupParams{Path: "apps"})
	if got := read[effects.GroupResult](t, b.make(t, op, must(t, apps, err))[0]); !got.Found || got.ID == 0 {
		t.Errorf("%+v", got)
	}
	orphan, err := effects.NewGroup("g/group/none/inner", effects.GroupParams{Path: "none/inner"})
	b.refused(t, op, must(t, orphan, err), errs.Invalid, "")
	if o := b.undo(t, op); o.Status != operations.Failed {
		t.Errorf("it ended as %s: %s", o.Status, left(o))
	}
	if _, err := b.Client.Group(t.Context(), "apps"); err != nil {
		t.Error(err)
	}
}

func TestSomebodysBranchIsLeftAlone(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	p, op := b.fresh(t, "orders"), b.begin(t, nil)
	list := mergeRequestEffects(t, b, op, p)
	head, err := b.Client.Head(t.Context(), p.ID, "main")
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Client.CreateBranch(t.Context(), p.ID, "feature", head.ID); err != nil {
		t.Fatal(err)
	}
	b.refused(t, op, list[0], errs.Conflict, "was not made by this operation")
	if o := b.undo(t, op); o.Status != operations.Failed {
		t.Errorf("it ended as %s: %s", o.Status, left(o))
	}
	if got := countProposals(t, b, p); got != 1 {
		t.Errorf("%d are left", got)
	}
}

func TestWorkOnAProposalIsLeft(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	p, op := b.fresh(t, "orders"), b.begin(t, nil)
	b.make(t, op, mergeRequestEffects(t, b, op, p)...)
	if _, err := b.Client.Commit(t.Context(), p.ID, scm.NewCommit{Branch: "feature", Message: "Mine", Changes: []scm.Change{{Action: scm.CreateFile, Path: "mine"}}}); err != nil {
		t.Fatal(err)
	}
	b.parked(t, op, "somebody else has committed to it")
	if got := countProposals(t, b, p); got != 2 {
		t.Errorf("%d are left", got)
	}
}

func TestWhatWasMergedStays(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	p, op := b.fresh(t, "orders"), b.begin(t, nil)
	made := read[effects.MergeRequestResult](t, b.make(t, op, mergeRequestEffects(t, b, op, p)...)[1])
	b.Admin.Do(t, "PUT", fmt.Sprintf("/projects/%d/merge_requests/%d/merge", p.ID, made.Number), nil)
	b.parked(t, op, "it is merged")
	if f, err := b.Client.File(t.Context(), p.ID, "README.md", "main"); err != nil || string(f.Content) != "changed\n" {
		t.Errorf("%q, %v", f.Content, err)
	}
}

func TestATargetThatMoved(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	p, op := b.fresh(t, "orders"), b.begin(t, nil)
	list := mergeRequestEffects(t, b, op, p)
	b.Push(t, p, scm.CreateFile, map[string]string{"elsewhere": "theirs"})
	b.make(t, op, list...)
	other := b.begin(t, nil)
	b.fill(t, other.ID, text("README.md", "mine\n"))
	late := proposed(t, b, other, p, "feature-2")
	b.Push(t, p, scm.UpdateFile, map[string]string{"README.md": "theirs\n"})
	b.refused(t, other, late[0], errs.Conflict, "somebody has changed the same files on main")
	third := b.begin(t, nil)
	b.fill(t, third.ID, text("README.md", "planned\n"))
	planned := proposed(t, b, third, p, "feature-3")
	b.fill(t, third.ID, text("README.md", "something else\n"))
	b.refused(t, third, planned[0], errs.Conflict, "the files are not those")
}

func TestWhatWasUndoneIsMadeAnew(t *testing.T) {
	t.Parallel()
	for _, s := range scenarios() {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			p, op := b.fresh(t, "orders"), b.begin(t, given())
			list := s.effects(t, b, op, p)
			b.make(t, op, list...)
			b.undo(t, op)
			for _, e := range list {
				raw, err := b.performers[e.Kind].Find(t.Context(), op, e)
				if !errors.Is(err, errs.NotFound) {
					t.Errorf("%s is found: %s, %v", e.Kind, raw, err)
				}
			}
		})
	}
}

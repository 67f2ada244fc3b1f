package reconcile

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scm"
	"github.com/slipwayhq/slipway/shared/table"
)

// How often the hooks of a project are looked at: rarely while all is well, sooner when a
// change came without a delivery.
const (
	hooksEvery    = 6 * time.Hour
	hooksOnDrift  = 10 * time.Minute
	hookName      = "slipway"
	hooksExpireIn = 30 * 24 * time.Hour
)

// HookSecrets gives what new hooks prove their deliveries with.
type HookSecrets func(ctx context.Context) (token, signing string, err error)

// HookKeeper looks after the webhooks of projects: each has one that delivers to us.
type HookKeeper struct {
	Hooks       scm.Hooks // with a token that may change them
	URL         string    // where they deliver to
	Secrets     HookSecrets
	InsecureTLS bool // certificates are not verified; only for a loopback receiver
	Table       table.Table
	Clock       clock.Clock
}

// hookState is what is known of a project's hook.
type hookState struct {
	Project string     `json:"project"` // path
	Checked time.Time  `json:"checkedAt"`
	Problem string     `json:"problem,omitempty"`
	Since   *time.Time `json:"since,omitempty"` // of the problem
}

func hookKey(project int64) table.Key {
	return table.Key{PK: hooksPartition, SK: fmt.Sprintf("%019d", project)}
}

// Check looks at a project's hooks if that is due, and repairs them. drifted says that
// something changed in the project which no delivery told of. A hook that can't be
// repaired is noted and no error; transient errors are.
func (k *HookKeeper) Check(ctx context.Context, project int64, path string, drifted bool) (Hooks, error) {
	var did Hooks
	before, err := k.state(ctx, project)
	if err != nil || !k.due(before, drifted) {
		return did, err
	}
	did.Checked = 1
	err = k.repair(ctx, project, &did)
	if errs.Transient(err) {
		return did, err
	}
	next := hookState{Project: path, Checked: k.Clock.Now()}
	if err != nil {
		next.Problem, next.Since = errs.Message(err), before.Since
		if next.Since == nil {
			next.Since = &next.Checked
		}
	}
	item, err := encode(hookKey(project), next, next.Checked.Add(hooksExpireIn))
	if err != nil {
		return did, err
	}
	if _, err := k.Table.Put(ctx, item, table.Always); err != nil {
		return did, fmt.Errorf("noting the hooks of %s: %w", path, err)
	}
	return did, nil
}

func (k *HookKeeper) state(ctx context.Context, project int64) (s hookState, err error) {
	item, err := k.Table.Get(ctx, hookKey(project))
	if errors.Is(err, errs.NotFound) {
		return s, nil
	}
	if err != nil {
		return s, fmt.Errorf("reading what is known of hooks: %w", err)
	}
	return s, decode(item, &s)
}

func (k *HookKeeper) due(s hookState, drifted bool) bool {
	age := k.Clock.Now().Sub(s.Checked)
	return age >= hooksEvery || (drifted || s.Problem != "") && age >= hooksOnDrift
}

// repair leaves a project with one hook that works and asks for what we need.
func (k *HookKeeper) repair(ctx context.Context, project int64, did *Hooks) error {
	all, err := k.Hooks.Hooks(ctx, project)
	if err != nil {
		return err
	}
	mine := slices.DeleteFunc(all, func(h scm.Hook) bool { return strings.TrimSuffix(h.URL, "/") != strings.TrimSuffix(k.URL, "/") })
	if len(mine) == 0 {
		err := k.create(ctx, project)
		did.Created += success(err)
		return err
	}
	if slices.ContainsFunc(mine, func(h scm.Hook) bool { return !h.Disabled && complete(h) }) {
		return nil
	}
	at := max(0, slices.IndexFunc(mine, func(h scm.Hook) bool { return !h.Disabled }))
	h := mine[at]
	if !complete(h) {
		wanted, err := k.wanted(ctx, h.Name)
		if err != nil {
			return err
		}
		if h, err = k.Hooks.UpdateHook(ctx, project, h.ID, wanted); err != nil {
			return err
		}
		did.Updated++
	}
	if h.Disabled {
		err = k.enable(ctx, project, h)
		did.Enabled += success(err)
	}
	return err
}

func success(err error) int {
	if err != nil {
		return 0
	}
	return 1
}

func complete(h scm.Hook) bool { return h.Push && h.TagPush && h.Pipeline }

// enable switches a hook on again. One that GitLab can't test is replaced: a new one
// starts enabled, with the secrets that are valid now.
func (k *HookKeeper) enable(ctx context.Context, project int64, h scm.Hook) error {
	_, err := k.Hooks.EnableHook(ctx, project, h.ID)
	if !errors.Is(err, errs.Invalid) {
		return err
	}
	if err := k.create(ctx, project); err != nil {
		return err
	}
	return k.Hooks.DeleteHook(ctx, project, h.ID)
}

func (k *HookKeeper) create(ctx context.Context, project int64) error {
	wanted, err := k.wanted(ctx, hookName)
	if err != nil {
		return err
	}
	_, err = k.Hooks.CreateHook(ctx, project, wanted)
	return err
}

func (k *HookKeeper) wanted(ctx context.Context, name string) (scm.NewHook, error) {
	token, signing, err := k.Secrets(ctx)
	if err != nil {
		return scm.NewHook{}, fmt.Errorf("reading the webhook's secrets: %w", err)
	}
	if token == "" && signing == "" {
		return scm.NewHook{}, errs.New(errs.Internal, "there is no secret for webhooks: nobody could tell their deliveries from others'")
	}
	return scm.NewHook{Name: name, URL: k.URL, Token: token, SigningToken: signing, InsecureTLS: k.InsecureTLS}, nil
}

// problems gives the hooks that do not work, by project.
func (k *HookKeeper) problems(ctx context.Context) ([]Note, error) {
	var out []Note
	err := table.Each(ctx, k.Table, table.Query{PK: hooksPartition}, func(i table.Item) error {
		var s hookState
		if err := decode(i, &s); err != nil || s.Problem == "" {
			return err
		}
		out = noted(out, Note{Project: s.Project, Reason: s.Problem, Since: s.Since})
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading what is known of hooks: %w", err)
	}
	return out, nil
}

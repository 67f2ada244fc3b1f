package effects

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scm"
)

// IssueChangeKind is the effect of changing an issue of any project.
const IssueChangeKind = "gitlab.issue-change"

// IssueChangeParams describes the change.
type IssueChangeParams struct {
	Project string     `json:"project"` // number or full path
	Number  string     `json:"number"`  // of the issue within the project
	Set     IssueState `json:"set"`
	// Add and Remove are labels, besides those that are set.
	Add    []string `json:"add,omitempty"`
	Remove []string `json:"remove,omitempty"`
	// Before is, as JSON, what of the issue is changed: an IssueState.
	Before  string `json:"before"`
	Updated string `json:"updated,omitempty"` // RFC 3339
}

func (p IssueChangeParams) within() string { return p.Project }

// IssueChangeResult is what came of it.
type IssueChangeResult struct {
	Project int64  `json:"project"`
	ID      int64  `json:"id"`
	Number  int64  `json:"number"`
	WebURL  string `json:"webUrl"`
	Title   string `json:"title"`
	State   string `json:"state"`
	Updated string `json:"updated"`
	// After is what GitLab made of the change: it passes over what its edition lacks.
	After IssueState `json:"after"`
}

// NewIssueChange makes the effect.
func NewIssueChange(id string, p IssueChangeParams) (operations.Effect, error) {
	return newEffect(id, IssueChangeKind, p.Project+"#"+p.Number+" for "+id, p)
}

// IssueChange performs IssueChangeKind. It needs no mark: what was planned is from which
// state to which, and either is seen.
type IssueChange struct {
	Projects scm.Projects
	Issues   scm.Issues
}

var _ operations.Performer = IssueChange{}

// change is a change of an issue as it is found.
type change struct {
	params         IssueChangeParams
	before, wanted IssueState
	now            scm.Issue
}

func (e IssueChange) read(ctx context.Context, effect operations.Effect) (change, error) {
	params, p, err := inAny[IssueChangeParams](ctx, e.Projects, effect)
	if err != nil {
		return change{}, err
	}
	c := change{params: params}
	if c.before, err = decode[IssueState]("state of an issue", json.RawMessage(params.Before)); err != nil {
		return change{}, err
	}
	c.wanted = params.Wanted(c.before)
	number, err := strconv.ParseInt(params.Number, 10, 64)
	if err != nil {
		return change{}, errs.New(errs.Invalid, "the number of an issue is a number")
	}
	if c.now, err = e.Issues.Issue(ctx, p.ID, number); err != nil {
		return change{}, fmt.Errorf("reading issue %d of %s: %w", number, p.Path, err)
	}
	return c, nil
}

// Find looks whether the issue is as it is to be. What GitLab passed over is as before.
func (e IssueChange) Find(ctx context.Context, _ operations.Ref, effect operations.Effect) (json.RawMessage, error) {
	c, err := e.read(ctx, effect)
	if err != nil {
		return nil, err
	}
	now := c.wanted.of(c.now)
	switch {
	case now.is(c.before) && !c.before.is(c.wanted):
		return nil, errs.New(errs.NotFound, "the issue is as it was")
	case !now.between(c.before, c.wanted):
		return nil, errs.New(errs.Conflict, "somebody has changed the issue since")
	}
	return c.result(c.now)
}

func (c change) result(i scm.Issue) (json.RawMessage, error) {
	return encode(IssueChangeResult{
		Project: i.Project, ID: i.ID, Number: i.Number, WebURL: i.WebURL, Title: i.Title, State: i.State,
		Updated: i.Updated.UTC().Format("2006-01-02T15:04:05.000Z07:00"), After: c.wanted.of(i),
	})
}

// Do changes the issue.
func (e IssueChange) Do(ctx context.Context, _ operations.Ref, effect operations.Effect) (json.RawMessage, error) {
	c, err := e.read(ctx, effect)
	if err != nil {
		return nil, err
	}
	if !c.wanted.of(c.now).is(c.before) {
		return nil, errs.New(errs.Conflict, "somebody has changed the issue since")
	}
	wanted := c.wanted.change()
	if c.params.Updated != "" {
		if wanted.Updated, err = time.Parse(time.RFC3339, c.params.Updated); err != nil {
			return nil, errs.New(errs.Invalid, "an issue was changed at a time like 2027-01-31T12:00:00Z")
		}
	}
	changed, err := e.Issues.UpdateIssue(ctx, c.now.Project, c.now.Number, wanted)
	if err != nil {
		return nil, fmt.Errorf("changing issue %d of project %d: %w", c.now.Number, c.now.Project, err)
	}
	return c.result(changed)
}

// Undo makes of the issue what it was, unless somebody has changed the same since.
func (e IssueChange) Undo(ctx context.Context, _ operations.Ref, effect operations.Effect, result json.RawMessage) error {
	made, err := decode[IssueChangeResult]("changed issue", result)
	if err != nil {
		return err
	}
	c, err := e.read(ctx, effect)
	if errors.Is(err, errs.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	switch now := c.wanted.of(c.now); {
	case now.is(c.before):
		return nil
	case !now.is(made.After):
		return errs.New(errs.Conflict, "somebody has changed the issue since, so it is left for a person to decide")
	}
	if _, err := e.Issues.UpdateIssue(ctx, c.now.Project, c.now.Number, c.before.change()); err != nil {
		return fmt.Errorf("changing issue %d of project %d back: %w", c.now.Number, c.now.Project, err)
	}
	return nil
}

// Wanted gives what an issue is to be that is in the given state.
func (p IssueChangeParams) Wanted(before IssueState) IssueState {
	wanted := p.Set
	if len(p.Add)+len(p.Remove) == 0 {
		return wanted
	}
	var labels []string
	if wanted.Labels != nil {
		labels = *wanted.Labels
	} else if before.Labels != nil {
		labels = *before.Labels
	}
	labels = append(slices.Clone(labels), p.Add...)
	labels = slices.DeleteFunc(labels, func(l string) bool {
		return slices.ContainsFunc(p.Remove, func(r string) bool { return strings.EqualFold(l, r) })
	})
	wanted.Labels = &labels
	return wanted
}

// BeforeChange gives, as JSON, what of an issue a change is about.
func (p IssueChangeParams) BeforeChange(i scm.Issue) (string, error) {
	raw, err := encode(p.Wanted(IssueState{}).of(i))
	return string(raw), err
}

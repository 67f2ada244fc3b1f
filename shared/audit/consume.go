package audit

import (
	"context"
	"encoding/json"
	"log/slog"
	"strings"

	"github.com/slipwayhq/slipway/shared/bus"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scm"
)

// The events that become records. What follows the prefix of an operation's or GitLab's
// event is the stage, or the kind of delivery, and its version.
const (
	operationPrefix = "slipway.operation."
	gitlabPrefix    = "slipway.gitlab."
	entityChanged   = "slipway.catalog.entity.changed.v1"
)

// Types are the types of events a trail wants, for a bus rule.
func Types() []string { return []string{operationPrefix + "*", gitlabPrefix + "*", entityChanged} }

// Consume records an event; see bus.Handler. An event of another type, or one that is only
// a step on the way, is ignored with a log line: a new type never fills the dead letters.
func (t *Trail) Consume(ctx context.Context, e bus.Event) error {
	var r Record
	var err error
	wanted := true
	switch {
	case strings.HasPrefix(e.Type, operationPrefix):
		r, err = ofOperation(e)
	case strings.HasPrefix(e.Type, gitlabPrefix):
		r, wanted, err = ofDelivery(e)
	case e.Type == entityChanged:
		r, err = ofEntity(e)
	default:
		wanted = false
	}
	if err != nil {
		return err
	}
	if !wanted {
		t.log.InfoContext(ctx, "event not audited", slog.String("type", clip(e.Type)), slog.Int64("ignoredSoFar", t.ignored.Add(1)))
		return nil
	}
	return t.Append(ctx, r)
}

// Ignored gives the number of events that were ignored.
func (t *Trail) Ignored() int64 { return t.ignored.Load() }

// recordOf fills in what every event has. The id of an event is unique within its source
// only.
func recordOf(e bus.Event) Record {
	return Record{ID: e.Source + "/" + e.ID, Time: e.Time, Actor: e.Actor, Target: e.Subject, OperationID: e.OperationID, RequestID: e.RequestID}
}

// stage cuts the prefix and the version off a type: "succeeded", "effect.done".
func stage(eventType, prefix string) string {
	s := strings.TrimPrefix(eventType, prefix)
	if i := strings.LastIndex(s, ".v"); i > 0 {
		s = s[:i]
	}
	return s
}

func ofOperation(e bus.Event) (Record, error) {
	var d struct {
		OperationID string `json:"operationId"`
		Type        string `json:"type"`
		Target      string `json:"target"`
		Actor       string `json:"actor"`
		Environment string `json:"environment"`
		PlanHash    string `json:"planHash"`
		Effect      string `json:"effect"`
		ProblemKind string `json:"problemKind"`
		Problem     string `json:"problem"`
	}
	if err := read(e, &d); err != nil {
		return Record{}, err
	}
	r := recordOf(e)
	r.Action, r.Outcome, r.Environment = d.Type, stage(e.Type, operationPrefix), d.Environment
	prefer(&r.Actor, d.Actor, e.Source)
	prefer(&r.OperationID, d.OperationID)
	if d.Target != "" {
		r.Target = d.Target
	}
	var err error
	r.Detail, err = detail(map[string]string{"planHash": d.PlanHash, "effect": d.Effect, "problemKind": d.ProblemKind, "problem": d.Problem})
	return r, err
}

func ofEntity(e bus.Event) (Record, error) {
	var d struct {
		Ref    string `json:"ref"`
		Action string `json:"action"`
		ETag   string `json:"etag"`
		Actor  string `json:"actor"`
		Origin struct {
			Owner  string `json:"owner"`
			Commit string `json:"commit"`
		} `json:"origin"`
	}
	if err := read(e, &d); err != nil {
		return Record{}, err
	}
	r := recordOf(e)
	r.Action, r.Outcome = "catalog."+d.Action, "succeeded"
	prefer(&r.Actor, d.Actor, e.Source)
	prefer(&r.Target, d.Ref)
	var err error
	r.Detail, err = detail(map[string]string{"etag": d.ETag, "owner": d.Origin.Owner, "commit": d.Origin.Commit})
	return r, err
}

// delivery is what the records of GitLab's events are made of.
type delivery struct {
	Project struct {
		Path string `json:"path"`
	} `json:"project"`
	Ref    string `json:"ref"`
	SHA    string `json:"sha"`
	After  string `json:"after"`
	Status string `json:"status"`
	Action string `json:"action"`
	User   string `json:"user"`
}

// outcome gives what a delivery is recorded as; false when it is only a step on the way,
// or nothing that changes anything.
func (d delivery) outcome(kind string) (string, bool) {
	switch kind {
	case "push", "tag_push":
		return "received", true
	case "pipeline":
		return d.Status, scm.PipelineStatus(d.Status).Ended()
	case "merge_request":
		return d.Action, d.Action == "merge"
	case "project":
		return d.Action, d.Action != ""
	}
	return "", false
}

func ofDelivery(e bus.Event) (r Record, wanted bool, err error) {
	var d delivery
	kind := stage(e.Type, gitlabPrefix)
	if err := read(e, &d); err != nil {
		return Record{}, false, err
	}
	outcome, wanted := d.outcome(kind)
	if !wanted {
		return Record{}, false, nil
	}
	r = recordOf(e)
	r.Action, r.Outcome = "gitlab."+kind, outcome
	if d.User != "" {
		prefer(&r.Actor, "gitlab:"+clip(d.User))
	}
	prefer(&r.Actor, e.Source)
	prefer(&d.SHA, d.After)
	r.Detail, err = detail(map[string]string{"project": d.Project.Path, "ref": d.Ref, "sha": d.SHA})
	return r, true, err
}

// read decodes an event's data; members that are not known are fine.
func read(e bus.Event, into any) error {
	if err := json.Unmarshal(e.Data, into); err != nil {
		return errs.Wrap(errs.Invalid, "the data of the event "+clip(e.Type)+" is not what its type says", err)
	}
	return nil
}

// prefer fills a field that is empty with the first value that is not.
func prefer(field *string, values ...string) {
	for _, v := range values {
		if *field == "" {
			*field = v
		}
	}
}

// detail gives the members that have a value, clipped.
func detail(members map[string]string) (json.RawMessage, error) {
	kept := map[string]string{}
	for name, value := range members {
		if value != "" {
			kept[name] = clip(value)
		}
	}
	if len(kept) == 0 {
		return nil, nil
	}
	body, err := json.Marshal(kept)
	if err != nil {
		return nil, errs.Wrap(errs.Internal, "an audit record's detail can't be written as JSON", err)
	}
	return body, nil
}

// clip shortens text to what a record's detail has room for.
func clip(s string) string {
	const most = 500
	if len(s) > most {
		s = s[:most] + "…"
	}
	return strings.ToValidUTF8(s, "")
}

package catalog

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"sort"

	"github.com/slipwayhq/slipway/shared/catalog/changelog"
	"github.com/slipwayhq/slipway/shared/catalog/descriptor"
	"github.com/slipwayhq/slipway/shared/catalog/entity"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// reading is what a file says at one commit: its next state and the changes to get there.
type reading struct {
	fileState
	intents   []changelog.Intent
	follow    []child
	tried     int                            // targets of its Location entities
	documents map[string]descriptor.Document // by the ref of the entity in it
	missing   bool                           // there is no such file
}

// readFile reads a file at the head of its branch. nil when the host says that the file is
// not there, it never was, and nothing leads to it; a reading without commit when it is
// gone for good.
func (s *Service) readFile(ctx context.Context, before *fileState, v visit) (*reading, error) {
	commit, err := s.source.Head(ctx, v.file.Project, v.file.Branch)
	if err != nil {
		return nil, err
	}
	if v.file.wildcards() {
		return s.expand(ctx, before, v, commit)
	}
	content, err := s.source.Read(ctx, v.file, commit)
	switch {
	case errs.KindOf(err) == errs.NotFound: // the outermost kind: a cause deep inside is no evidence
		return s.gone(before, v, commit), nil
	case err != nil:
		return nil, err
	}
	r := &reading{fileState: s.nextState(before, v, versionOf(commit, content))}
	if err := s.interpret(ctx, r, before, commit, content); err != nil {
		return nil, fmt.Errorf("reading what a placeholder names: %w", err)
	}
	return r, nil
}

// versionOf gives what stands for the state of a file that was read at a commit.
func versionOf(commit string, content []byte) string {
	if commit != Unversioned {
		return commit
	}
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

// gone is the reading of a file that is not there. One that a location or another file
// leads to stays known: it may come, or come back.
func (s *Service) gone(before *fileState, v visit, commit string) *reading {
	next := s.nextState(before, v, commit)
	switch led := next.Parent != nil || next.Location != ""; {
	case !led && before.revision == "":
		return nil
	case !led:
		next = fileState{File: v.file}
	}
	r := &reading{fileState: next, intents: s.deletions(before, before.Refs), missing: true}
	if next.Commit != "" && !next.Optional {
		r.Problems = []entity.Problem{{Target: s.source.URL(v.file), Message: "there is no such file"}}
	}
	return r
}

// nextState keeps how a known file was come to, and otherwise takes it from the visit.
func (s *Service) nextState(before *fileState, v visit, commit string) fileState {
	next := fileState{File: v.file, Commit: commit, Location: before.Location, Origin: before.Origin,
		Parent: before.Parent, Via: before.Via, Optional: before.Optional, Platform: before.Platform, Level: before.Level}
	switch {
	case v.known:
	case v.parent != nil:
		parent := v.parent.File
		next.Parent, next.Location, next.Origin, next.Via = &parent, v.parent.Location, v.parent.Origin, v.via
		next.Optional, next.Platform, next.Level = v.optional, v.parent.Platform && parent.Project == v.file.Project, v.parent.Level+1
	case v.location != nil:
		next.Location, next.Origin, next.Via = v.location.ID, "url:"+v.location.Target, v.location.EntityRef
		next.Optional, next.Platform = false, v.location.Platform
	}
	if next.Origin == "" {
		next.Origin = "url:" + s.source.URL(v.file)
	}
	return next
}

// interpret fills in what the content says. An entity is deleted only when the whole file
// was understood: a document that can't be read may be the one that holds it.
func (s *Service) interpret(ctx context.Context, r *reading, before *fileState, commit string, content []byte) error {
	documents, problems, err := s.parse(ctx, r.File, commit, content)
	if err != nil {
		return err
	}
	for i := range problems {
		problems[i] = s.placed(r, problems[i])
	}
	r.documents = make(map[string]descriptor.Document, len(documents))
	for _, d := range documents {
		e := s.decorate(d.Entity, r)
		ref := e.Ref().String()
		r.documents[ref] = d
		if why := s.refused(e.Kind, &r.fileState); why != "" {
			problems = append(problems, s.placed(r, d.Problem("/kind", why)))
			continue
		}
		if e.Kind == "Location" {
			missed := s.targets(ctx, r, e, d)
			e.Status, problems = entity.Faulty(missed[:min(len(missed), maxFaults)]), append(problems, missed...)
		}
		r.Refs = append(r.Refs, ref)
		r.intents = append(r.intents, changelog.Intent{Ref: ref, Wish: changelog.Keep, Entity: &e, Origin: s.originOf(&r.fileState)})
	}
	s.retain(r, before, problems)
	if len(problems) > 0 {
		r.Children = unionFiles(r.Children, before.Children)
	}
	sort.Strings(r.Refs)
	r.Problems = limited(problems)
	return nil
}

// retain decides on the entities that the file held before and does not hold now. One whose
// document is broken stays as it was and shows why; so does any that a document of which
// nothing is known may hold.
func (s *Service) retain(r *reading, before *fileState, problems []entity.Problem) {
	for _, ref := range before.Refs {
		if slices.Contains(r.Refs, ref) {
			continue
		}
		faults := about(problems, ref)
		if len(faults) == 0 {
			r.intents = append(r.intents, s.deletions(&r.fileState, []string{ref})...)
			continue
		}
		r.Refs = append(r.Refs, ref)
		r.intents = append(r.intents, changelog.Intent{Ref: ref, Wish: changelog.Mark, Status: entity.Faulty(faults), Origin: s.originOf(&r.fileState)})
	}
}

// about gives the problems with an entity's document, which may be one that names no entity.
func about(problems []entity.Problem, ref string) (own []entity.Problem) {
	var blind []entity.Problem
	for _, p := range problems {
		switch p.Ref {
		case ref:
			own = append(own, p)
		case "":
			blind = append(blind, p)
		}
	}
	if len(own) == 0 {
		own = blind
	}
	return own[:min(len(own), maxFaults)]
}

// maxFaults bounds what an entity shows of its problems; all of them are with the file's.
const maxFaults = 20

// placed gives a problem with the file that it is in.
func (s *Service) placed(r *reading, p entity.Problem) entity.Problem {
	p.Target = s.source.URL(r.File)
	return p
}

// maxProblems bounds what is kept and shown of a file.
const maxProblems = 100

func limited(ps []entity.Problem) []entity.Problem {
	if len(ps) > maxProblems {
		ps = append(ps[:maxProblems:maxProblems], entity.Problem{Message: "there are more problems"})
	}
	return ps
}

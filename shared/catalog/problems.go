package catalog

import (
	"context"
	"fmt"
	"time"

	"github.com/slipwayhq/slipway/shared/catalog/changelog"
	"github.com/slipwayhq/slipway/shared/catalog/entity"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/table"
)

// FileProblems is a file that is not wholly in the catalog, and why.
type FileProblems struct {
	Target   string           `json:"target"` // URL of the file
	Project  string           `json:"project,omitempty"`
	Location string           `json:"location,omitempty"` // id of the registered location that led to it
	Commit   string           `json:"commit"`             // that was read
	Since    time.Time        `json:"since"`              // when the present problems were first seen
	Problems []entity.Problem `json:"problems"`
}

// ProblemQuery asks for a page of problems.
type ProblemQuery struct {
	After string // Next of the page before
	Limit int    // files in the page, 1 to MaxProblemPage
}

// MaxProblemPage is the largest page of problems.
const MaxProblemPage = 500

// ProblemPage is one answer, ordered by project, branch and path.
type ProblemPage struct {
	Items []FileProblems
	Next  string // "" when there is nothing behind this page
}

// Problems gives the files that have something wrong with them: documents that were left
// out, entities that belong to another file, targets that are not there.
func (s *Service) Problems(ctx context.Context, q ProblemQuery) (ProblemPage, error) {
	if q.Limit < 1 || q.Limit > MaxProblemPage {
		return ProblemPage{}, errs.New(errs.Invalid, fmt.Sprintf("limit must be 1 to %d", MaxProblemPage))
	}
	page, err := s.table.Query(ctx, table.Query{PK: problemPartition, After: q.After, Limit: q.Limit})
	if err != nil {
		return ProblemPage{}, fmt.Errorf("reading the problems: %w", err)
	}
	out := ProblemPage{Items: make([]FileProblems, 0, len(page.Items)), Next: page.Next}
	for _, item := range page.Items {
		var p FileProblems
		if err := changelog.Decode(item, &p); err != nil {
			return out, err
		}
		out.Items = append(out.Items, p)
	}
	return out, nil
}

// problemWrite keeps the list of problems in step with a file's state; nothing when it is
// in step already.
func (s *Service) problemWrite(before, next *fileState) ([]table.Write, error) {
	key := problemKey(next.File)
	switch {
	case len(next.Problems) == 0 && len(before.Problems) == 0:
		return nil, nil
	case len(next.Problems) == 0 || next.Commit == "":
		return []table.Write{table.DeleteWrite(key, table.Always)}, nil
	}
	item, err := changelog.Encode(key, FileProblems{Target: s.source.URL(next.File), Project: next.File.Project,
		Location: next.Location, Commit: next.Commit, Since: next.Since, Problems: next.Problems})
	return []table.Write{table.PutWrite(item, table.Always)}, err
}

// conflicts tells which of the entities that a file wants to own belong to somebody else.
// That is looked up before the write, so that it is part of what is known of the file.
func (s *Service) conflicts(ctx context.Context, r *reading) ([]entity.Problem, error) {
	var out []entity.Problem
	for _, in := range r.intents {
		if in.Wish != changelog.Keep {
			continue
		}
		owner, err := s.log.Owner(ctx, in.Ref)
		if err != nil {
			return nil, err
		}
		if owner != "" && owner != in.Origin.Owner {
			p := belongsTo(s.source.URL(r.File), in.Ref, owner)
			if d, read := r.documents[in.Ref]; read {
				p = s.placed(r, d.Problem("/metadata/name", p.Message))
			}
			out = append(out, p)
		}
	}
	return out, nil
}

// taken tells which of the files that one leads to are read because of another file or
// location: when that lets go, this one's turn comes with its next reading.
func (s *Service) taken(ctx context.Context, r *reading) ([]entity.Problem, error) {
	var out []entity.Problem
	for i, c := range r.follow {
		st, err := s.fileState(ctx, c.file)
		if err != nil {
			return nil, err
		}
		if !st.found() && foreign(st, visit{file: c.file, parent: &r.fileState}) {
			r.follow[i].taken = true
			out = append(out, s.placed(r, entity.Problem{Ref: c.via, Message: "another location reads " + errs.Clip(s.source.URL(c.file)) + " already"}))
		}
	}
	return out, nil
}

func belongsTo(target, ref, owner string) entity.Problem {
	return entity.Problem{Target: target, Ref: ref, Message: "the entity belongs to " + owner}
}

package catalog

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/slipwayhq/slipway/shared/catalog/descriptor"
	"github.com/slipwayhq/slipway/shared/catalog/entity"
	"github.com/slipwayhq/slipway/shared/catalog/glob"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// child is a file that a Location entity names.
type child struct {
	file     FileRef
	via      string // ref of that entity
	optional bool
	taken    bool // another file or location leads there, and this one's problems say so
}

// targets notes the files that a Location entity leads to.
func (s *Service) targets(ctx context.Context, r *reading, e entity.Entity, d descriptor.Document) []entity.Problem {
	if kind := e.SpecText("type"); kind != "" && kind != "url" {
		return []entity.Problem{s.placed(r, d.Problem("/spec/type", "only locations of type url are read"))}
	}
	var problems []entity.Problem
	note := func(pointer, target string) bool {
		err := r.tryOne()
		more := err == nil
		var f FileRef
		if more {
			f, err = s.target(ctx, r.File, target)
		}
		if err == nil {
			err = storable(f)
		}
		if err == nil {
			err = r.lead(child{file: f, via: e.Ref().String(), optional: e.SpecText("presence") == "optional"})
		}
		if err != nil {
			problems = append(problems, s.placed(r, d.Problem(pointer, "the target "+errs.Clip(target)+": "+errs.Message(err))))
		}
		return more
	}
	if target := e.SpecText("target"); target != "" && !note("/spec/target", target) {
		return problems
	}
	for i, target := range e.SpecTexts("targets") {
		if !note(fmt.Sprintf("/spec/targets/%d", i), target) {
			break
		}
	}
	return problems
}

// tryOne counts a target of the file: what can't be followed costs calls as well.
func (r *reading) tryOne() error {
	if r.tried++; r.tried > maxFiles {
		return errs.New(errs.TooLarge, fmt.Sprintf("is one of more than %d", maxFiles))
	}
	return nil
}

// lead notes that the file leads to another one.
func (r *reading) lead(c child) error {
	switch {
	case slices.Contains(r.Children, c.file):
		return nil
	case len(r.Children) == maxFiles:
		return errs.New(errs.TooLarge, fmt.Sprintf("is one of more than %d", maxFiles))
	}
	r.Children = append(r.Children, c.file)
	r.follow = append(r.follow, c)
	return nil
}

// maxTargetBytes keeps what a target leads to within the keys of the table.
const maxTargetBytes = 800

// target gives the file that a target, perhaps relative to the file it stands in, names.
func (s *Service) target(ctx context.Context, from FileRef, target string) (FileRef, error) {
	switch {
	case len(target) > maxTargetBytes:
		return FileRef{}, errs.New(errs.Invalid, fmt.Sprintf("is longer than %d bytes", maxTargetBytes))
	case strings.Contains(target, "://"):
		return s.source.Resolve(ctx, target)
	}
	return s.source.Relative(from, target)
}

// wildcards reports whether a reference names all files that a pattern matches.
func (f FileRef) wildcards() bool { return !f.Web() && glob.Has(f.Path) }

// expand reads which files a pattern matches at a commit: the reading of a file that holds
// nothing and leads to each of them.
func (s *Service) expand(ctx context.Context, before *fileState, v visit, commit string) (*reading, error) {
	pattern, err := glob.Compile(v.file.Path)
	if err != nil {
		return nil, err
	}
	paths, err := s.source.List(ctx, v.file.Project, commit, pattern.Root())
	if err != nil {
		return nil, err
	}
	r := &reading{fileState: s.nextState(before, v, commit)}
	for _, p := range paths {
		f := FileRef{Project: v.file.Project, Branch: v.file.Branch, Path: p}
		if storable(f) != nil || f.wildcards() || !pattern.Match(p) || r.Parent != nil && f == *r.Parent {
			continue
		}
		if err := r.lead(child{file: f, via: r.Via}); err != nil {
			r.Problems = append(r.Problems, s.placed(r, entity.Problem{Message: errs.Clip(p) + " " + errs.Message(err)}))
			break
		}
	}
	if len(r.Children) == 0 && !r.Optional {
		r.Problems = append(r.Problems, s.placed(r, entity.Problem{Message: "no file matches"}))
	}
	return r, nil
}

// include reads what a placeholder of a file names: within its project and branch at the
// same commit, elsewhere at the head.
func (s *Service) include(ctx context.Context, from FileRef, commit, target string) ([]byte, FileRef, error) {
	f, err := s.target(ctx, from, target)
	if err != nil {
		return nil, f, err
	}
	if f.wildcards() {
		return nil, f, errs.New(errs.Invalid, "must be one file, without wildcards")
	}
	if f.Project != from.Project || f.Branch != from.Branch {
		if commit, err = s.source.Head(ctx, f.Project, f.Branch); err != nil {
			return nil, f, err
		}
	}
	text, err := s.source.Read(ctx, f, commit)
	return text, f, err
}

// placeholderTime is how long reading all that one file's placeholders name may take.
const placeholderTime = 30 * time.Second

// parse understands a file's content with what its placeholders bring in. An error when the
// source code host does not say what stands there, for then the file can't be judged; what
// another host does not say is a problem of the document alone.
func (s *Service) parse(ctx context.Context, f FileRef, commit string, content []byte) (documents []descriptor.Document, problems []entity.Problem, failed error) {
	ctx, cancel := context.WithTimeout(ctx, placeholderTime)
	defer cancel()
	read := func(target string) ([]byte, error) {
		text, at, err := s.include(ctx, f, commit, target)
		if errs.Transient(err) && !at.Web() {
			failed = err
		}
		return text, err
	}
	documents, problems = descriptor.Parse(content, descriptor.Options{Kinds: s.kinds, Read: read})
	return documents, problems, failed
}

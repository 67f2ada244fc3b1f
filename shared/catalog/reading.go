package catalog

import (
	"context"
	"fmt"
	"path"
	"regexp"
	"slices"
	"sort"
	"strings"

	"github.com/slipwayhq/slipway/shared/catalog/changelog"
	"github.com/slipwayhq/slipway/shared/catalog/descriptor"
	"github.com/slipwayhq/slipway/shared/catalog/entity"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// reading is what a file says at one commit: its next state and the changes to get there.
type reading struct {
	fileState
	intents []changelog.Intent
	follow  []child
}

// child is a file that a Location entity names.
type child struct {
	file     FileRef
	via      string // ref of that entity
	optional bool
}

// readFile reads a file at the head of its branch. nil when the host says that the file is
// not there and it never was; a reading without commit when it is gone.
func (s *Service) readFile(ctx context.Context, before *fileState, v visit) (*reading, error) {
	commit, err := s.source.Head(ctx, v.file.Project, v.file.Branch)
	if err != nil {
		return nil, err
	}
	content, err := s.source.Read(ctx, v.file, commit)
	switch {
	case errs.KindOf(err) == errs.NotFound && before.revision == "":
		return nil, nil
	case errs.KindOf(err) == errs.NotFound: // the outermost kind: a cause deep inside is no evidence
		return s.gone(before, v, commit), nil
	case err != nil:
		return nil, err
	}
	r := &reading{fileState: s.nextState(before, v, commit)}
	s.interpret(ctx, r, before, content)
	return r, nil
}

// gone is the reading of a file that is not there any more. One that a location was
// registered for stays known: it may come back.
func (s *Service) gone(before *fileState, v visit, commit string) *reading {
	r := &reading{fileState: fileState{File: v.file}, intents: s.deletions(before, before.Refs)}
	if before.Location != "" && before.Parent == nil {
		r.fileState = s.nextState(before, v, commit)
		r.Problems = []entity.Problem{{Target: s.source.URL(v.file), Message: "there is no such file"}}
	}
	return r
}

// nextState keeps how a known file was come to, and otherwise takes it from the visit.
func (s *Service) nextState(before *fileState, v visit, commit string) fileState {
	next := fileState{File: v.file, Commit: commit, Location: before.Location, Origin: before.Origin, Parent: before.Parent, Via: before.Via}
	switch {
	case v.known:
	case v.parent != nil:
		parent := v.parent.File
		next.Parent, next.Location, next.Origin, next.Via = &parent, v.parent.Location, v.parent.Origin, v.via
	case v.location != nil:
		next.Location, next.Origin, next.Via = v.location.ID, "url:"+v.location.Target, v.location.EntityRef
	}
	if next.Origin == "" {
		next.Origin = "url:" + s.source.URL(v.file)
	}
	return next
}

// interpret fills in what the content says. An entity is deleted only when the whole file
// was understood: a document that can't be read may be the one that holds it.
func (s *Service) interpret(ctx context.Context, r *reading, before *fileState, content []byte) {
	documents, problems := descriptor.Parse(content, descriptor.Options{})
	broken, blind := brokenRefs(problems)
	for i := range problems {
		problems[i].Target = s.source.URL(r.File)
	}
	for _, d := range documents {
		e := s.decorate(d.Entity, r)
		ref := e.Ref().String()
		if why := s.refused(e.Kind, r.File.Project); why != "" {
			problems, broken = append(problems, entity.Problem{Target: s.source.URL(r.File), Ref: ref, Message: why}), append(broken, ref)
			continue
		}
		r.Refs = append(r.Refs, ref)
		r.intents = append(r.intents, changelog.Intent{Ref: ref, Wish: changelog.Keep, Entity: &e, Origin: s.originOf(&r.fileState)})
		if e.Kind == "Location" {
			problems = append(problems, s.targets(ctx, r, e, d)...)
		}
	}
	for _, ref := range before.Refs {
		switch {
		case slices.Contains(r.Refs, ref):
		case blind, slices.Contains(broken, ref):
			r.Refs = append(r.Refs, ref)
		default:
			r.intents = append(r.intents, s.deletions(&r.fileState, []string{ref})...)
		}
	}
	if len(problems) > 0 {
		r.Children = unionFiles(r.Children, before.Children)
	}
	sort.Strings(r.Refs)
	r.Problems = limited(problems)
}

// maxProblems bounds what is kept and shown of a file.
const maxProblems = 100

func limited(ps []entity.Problem) []entity.Problem {
	if len(ps) > maxProblems {
		ps = append(ps[:maxProblems:maxProblems], entity.Problem{Message: "there are more problems"})
	}
	return ps
}

// brokenRefs names the entities whose documents have problems; blind when there is a
// document of which not even that is known.
func brokenRefs(ps []entity.Problem) (refs []string, blind bool) {
	for _, p := range ps {
		if p.Ref == "" {
			blind = true
		}
		refs = append(refs, p.Ref)
	}
	return refs, blind
}

// decorate adds what ingestion knows: namespace, annotations about the place, and the
// order of the lists that name other entities. The file's own uid and etag mean nothing.
func (s *Service) decorate(e entity.Entity, r *reading) entity.Entity {
	url := s.source.URL(r.File)
	notes := map[string]any{}
	if own, ok := e.Metadata["annotations"].(map[string]any); ok {
		for k, v := range own {
			notes[k] = v
		}
	}
	for name, value := range s.placeNotes(url, r.File) {
		if _, given := notes[name]; !given {
			notes[name] = value
		}
	}
	notes[entity.AnnotationLocation], notes[entity.AnnotationOriginLocation] = "url:"+url, r.Origin
	replaceScripts(notes)

	meta := make(map[string]any, len(e.Metadata)+2)
	for k, v := range e.Metadata {
		if k != "uid" && k != "etag" {
			meta[k] = v
		}
	}
	meta["namespace"], meta["annotations"] = e.Namespace(), notes
	e.Metadata, e.Spec = meta, entity.Builtin().SortLists(e.Kind, e.Spec)
	return e
}

// placeNotes are the annotations that a file may override. Those beyond the view URL are
// known for blob URLs of GitLab only.
func (s *Service) placeNotes(url string, f FileRef) map[string]string {
	notes := map[string]string{entity.AnnotationViewURL: url}
	project, file, blob := strings.Cut(url, "/-/blob/")
	_, address, absolute := strings.Cut(project, "://")
	if !blob || !absolute {
		return notes
	}
	host, _, _ := strings.Cut(address, "/")
	folder := strings.TrimPrefix(path.Dir(f.Path)+"/", "./")
	notes[entity.AnnotationInstance], notes[entity.AnnotationProjectSlug] = host, f.Project
	notes[entity.AnnotationEditURL] = project + "/-/edit/" + file
	notes[entity.AnnotationSourceLocation] = "url:" + project + "/-/tree/" + f.Branch + "/" + folder
	return notes
}

// replaceScripts takes script URLs out of the annotations that frontends make links of.
func replaceScripts(notes map[string]any) {
	for _, name := range []string{entity.AnnotationViewURL, entity.AnnotationEditURL} {
		if isScript(notes[name]) {
			notes[name] = "about:blank"
		}
	}
}

func isScript(note any) bool {
	url, _ := note.(string)
	return scriptURL.MatchString(url)
}

// scriptURL finds a script as browsers do: they drop control characters and blanks in front
// of the scheme, and tabs and line breaks within it (https://url.spec.whatwg.org, §4.4).
var scriptURL = regexp.MustCompile(`(?i)^[\x00-\x20]*` + strings.Join(strings.Split("javascript:", ""), `[\t\n\r]*`))

// targets notes the files that a Location entity leads to.
func (s *Service) targets(ctx context.Context, r *reading, e entity.Entity, d descriptor.Document) []entity.Problem {
	var problems []entity.Problem
	if kind := e.SpecText("type"); kind != "" && kind != "url" {
		return []entity.Problem{{Target: s.source.URL(r.File), Document: d.Document, Line: d.Line, Ref: e.Ref().String(),
			Pointer: "/spec/type", Message: "only locations of type url are read"}}
	}
	optional := e.SpecText("presence") == "optional"
	for _, target := range append(e.SpecTexts("target"), e.SpecTexts("targets")...) {
		f, err := s.target(ctx, r.File, target)
		if err == nil && len(r.Children) == maxFiles {
			err = errs.New(errs.TooLarge, fmt.Sprintf("is one of more than %d", maxFiles))
		}
		if err != nil {
			problems = append(problems, entity.Problem{Target: s.source.URL(r.File), Document: d.Document, Line: d.Line,
				Ref: e.Ref().String(), Message: "the target " + errs.Clip(target) + ": " + errs.Message(err)})
			continue
		}
		if !slices.Contains(r.Children, f) {
			r.Children = append(r.Children, f)
			r.follow = append(r.follow, child{file: f, via: e.Ref().String(), optional: optional})
		}
	}
	return problems
}

// maxTargetBytes keeps what a target leads to within the keys of the table.
const maxTargetBytes = 800

// target gives the file that a target, perhaps relative to the file it stands in, names.
func (s *Service) target(ctx context.Context, from FileRef, target string) (FileRef, error) {
	if len(target) > maxTargetBytes {
		return FileRef{}, errs.New(errs.Invalid, fmt.Sprintf("is longer than %d bytes", maxTargetBytes))
	}
	if strings.Contains(target, "://") {
		return s.source.Resolve(ctx, target)
	}
	if strings.ContainsAny(target, "*?[\\\x00") || strings.HasPrefix(target, "/") {
		return FileRef{}, errs.New(errs.Invalid, "must be a URL or a relative path without wildcards")
	}
	p := path.Join(path.Dir(from.Path), target)
	if p == "." || p == ".." || strings.HasPrefix(p, "../") || len(p) > maxTargetBytes {
		return FileRef{}, errs.New(errs.Invalid, "leads out of the repository, or too deep into it")
	}
	return FileRef{Project: from.Project, Branch: from.Branch, Path: p}, nil
}

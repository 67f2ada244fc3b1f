package catalog

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"path"
	"strings"

	"github.com/slipwayhq/slipway/shared/catalog/entity"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// ErrNoURL refuses a target that is none, in Backstage's words.
var ErrNoURL = errs.New(errs.Invalid, "The given location.target is not a URL")

// Analysis says what importing a repository would bring: the entities of its files, or an
// entity to begin with where it has none.
type Analysis struct {
	Existing []ExistingEntity
	Generate []GeneratedEntity
}

// ExistingEntity is an entity in a file of the repository.
type ExistingEntity struct {
	Target       string // URL of the file
	IsRegistered bool   // the catalog reads the file already
	Entity       entity.Entity
}

// GeneratedEntity is an entity that the repository might begin with.
type GeneratedEntity struct {
	Entity entity.Entity
	Fields []GeneratedField
}

// GeneratedField says how sure a field of a generated entity is.
type GeneratedField struct {
	Field       string `json:"field"`
	State       string `json:"state"`
	Value       string `json:"value"`
	Description string `json:"description"`
}

// ValidateEntity gives everything that is wrong with a document that is to become an
// entity at a location.
func (s *Service) ValidateEntity(doc map[string]any, location string) []entity.Problem {
	_, problems := s.kinds.Validate(doc)
	for i := range problems {
		problems[i].Target = strings.TrimPrefix(location, "url:")
	}
	return problems
}

// Analyze looks at what is behind a URL: a file, or a repository (a page of it or of one of
// its folders) with all files called filename, "" for the usual name. Nothing is stored.
// What is no URL is Invalid; what is not there just has no files.
func (s *Service) Analyze(ctx context.Context, target, filename string) (Analysis, error) {
	u, err := url.Parse(target)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return Analysis{}, ErrNoURL
	}
	if filename == "" {
		filename = discovered[0]
	}
	files, project, err := s.filesBehind(ctx, u, filename)
	if err != nil {
		return Analysis{}, fmt.Errorf("analyzing %s: %w", errs.Clip(target), err)
	}
	var out Analysis
	for _, f := range files {
		found, err := s.existing(ctx, f)
		if err != nil {
			return Analysis{}, err
		}
		out.Existing = append(out.Existing, found...)
	}
	if len(out.Existing) == 0 {
		out.Generate = []GeneratedEntity{{Entity: suggested(u, project)}}
	}
	return out, nil
}

// filesBehind gives the file that a URL names, or the files called name in the repository
// that it names, and that repository; none where it is of no host that may be read.
func (s *Service) filesBehind(ctx context.Context, u *url.URL, name string) (files []FileRef, project string, err error) {
	f, err := s.source.Resolve(ctx, u.String())
	if err == nil {
		return []FileRef{f}, f.Project, nil
	}
	if f, err = s.source.Resolve(ctx, fileOn(u, name)); err != nil {
		if !errs.Transient(err) {
			err = nil // it is of no host that may be read
		}
		return nil, "", err
	}
	commit, err := s.source.Head(ctx, f.Project, f.Branch)
	if err != nil {
		return nil, f.Project, absent(err)
	}
	paths, err := s.source.List(ctx, f.Project, commit, strings.TrimPrefix(path.Dir(f.Path), "."))
	if err != nil && errs.KindOf(err) != errs.Invalid {
		return nil, f.Project, absent(err)
	}
	for _, p := range paths {
		if len(files) < maxFiles && (p == name || strings.HasSuffix(p, "/"+name)) {
			files = append(files, FileRef{Project: f.Project, Branch: f.Branch, Path: p})
		}
	}
	return files, f.Project, nil
}

// fileOn gives the URL of a file in the repository that a page shows, in the folder that it
// shows if it is a folder's.
func fileOn(u *url.URL, name string) string {
	root, below, _ := strings.Cut(u.Path, "/-/")
	at := "HEAD"
	if folder, isTree := strings.CutPrefix(below, "tree/"); isTree {
		at = strings.TrimSuffix(folder, "/")
	}
	root = strings.TrimSuffix(strings.TrimSuffix(root, "/"), ".git")
	page := url.URL{Scheme: u.Scheme, Host: u.Host, Path: root + "/-/blob/" + at + "/" + name}
	return page.String()
}

// existing gives the valid entities of a file, none when there is no such file.
func (s *Service) existing(ctx context.Context, f FileRef) ([]ExistingEntity, error) {
	commit, err := s.source.Head(ctx, f.Project, f.Branch)
	if err != nil {
		return nil, absent(err)
	}
	content, err := s.source.Read(ctx, f, commit)
	if err != nil {
		return nil, absent(err)
	}
	state, err := s.fileState(ctx, f)
	if err != nil {
		return nil, err
	}
	documents, _, err := s.parse(ctx, f, commit, content)
	if err != nil {
		return nil, fmt.Errorf("reading what a placeholder names: %w", err)
	}
	var out []ExistingEntity
	for _, d := range documents {
		out = append(out, ExistingEntity{Target: s.source.URL(f), IsRegistered: state.revision != "", Entity: d.Entity})
	}
	return out, nil
}

// absent forgives that something is not there.
func absent(err error) error {
	if errors.Is(err, errs.NotFound) {
		return nil
	}
	return err
}

// slugs are the annotations by which Backstage's plugins know the projects of hosts.
var slugs = map[string]string{
	"github.com": "github.com/project-slug", "gitlab.com": entity.AnnotationProjectSlug,
	"bitbucket.org": "bitbucket.org/project-slug", "dev.azure.com": "dev.azure.com/project-slug",
}

// suggested is an entity for a repository without any; project is "" where the host is
// none of ours.
func suggested(u *url.URL, project string) entity.Entity {
	root, _, _ := strings.Cut(strings.Trim(u.Path, "/"), "/-/")
	root = strings.TrimSuffix(root, ".git")
	annotation := slugs[strings.ToLower(u.Hostname())]
	switch parts := strings.Split(root, "/"); {
	case project != "":
		root, annotation = project, entity.AnnotationProjectSlug
	case annotation != entity.AnnotationProjectSlug && len(parts) > 2: // a page of the repository
		root = strings.TrimSuffix(strings.Join(parts[:2], "/"), ".git")
	}
	meta := map[string]any{"name": path.Base(root)}
	if annotation != "" {
		meta["annotations"] = map[string]any{annotation: root}
	}
	return entity.Entity{APIVersion: "backstage.io/v1alpha1", Kind: "Component", Metadata: meta,
		Spec: map[string]any{"type": "other", "lifecycle": "unknown"}}
}

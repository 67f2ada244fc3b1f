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

// Analyze looks at the repository behind a URL, its page or one of its files: at the file
// called filename, or those that catalogs are discovered by when that is empty. Nothing is
// stored. What is no URL is Invalid; what can't be read just has no files.
func (s *Service) Analyze(ctx context.Context, target, filename string) (Analysis, error) {
	u, err := url.Parse(target)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return Analysis{}, ErrNoURL
	}
	candidates := discovered
	if filename != "" {
		candidates = []string{filename}
	}
	var project string
	for _, name := range candidates {
		f, err := s.fileBehind(ctx, u, name)
		if errs.Transient(err) {
			return Analysis{}, fmt.Errorf("analyzing %s: %w", errs.Clip(target), err)
		}
		if err != nil {
			continue
		}
		project = f.Project
		found, err := s.existing(ctx, f)
		if err != nil || len(found) > 0 {
			return Analysis{Existing: found}, err
		}
	}
	return Analysis{Generate: []GeneratedEntity{{Entity: s.suggested(u, project)}}}, nil
}

// fileBehind resolves a URL that names a file, or the file of that name in the repository
// that it names.
func (s *Service) fileBehind(ctx context.Context, u *url.URL, name string) (FileRef, error) {
	f, err := s.source.Resolve(ctx, u.String())
	if err == nil || errs.Transient(err) {
		return f, err
	}
	page := *u
	page.RawQuery, page.Fragment = "", ""
	root, below, _ := strings.Cut(page.Path, "/-/")
	branch := "HEAD"
	if rest, isTree := strings.CutPrefix(below, "tree/"); isTree {
		branch = strings.TrimSuffix(rest, "/")
	}
	page.Path = strings.TrimSuffix(strings.TrimSuffix(root, "/"), ".git") + "/-/blob/" + branch + "/" + name
	page.RawPath = ""
	return s.source.Resolve(ctx, page.String())
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
func (s *Service) suggested(u *url.URL, project string) entity.Entity {
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

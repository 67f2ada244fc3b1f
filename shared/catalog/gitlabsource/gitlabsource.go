// Package gitlabsource owns how the catalog reads files of a GitLab: it understands the
// URLs of files there and reads them at one commit, through the scm port. It stores and
// parses nothing.
//
// Flow: Source.Resolve (URL → project, branch, path) → Head → Read, or List where the path
// has wildcards.
package gitlabsource

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"path"
	"strings"

	"github.com/slipwayhq/slipway/shared/catalog"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/platform/lazyregexp"
	"github.com/slipwayhq/slipway/shared/scm"
)

// maxBranchParts bounds how many parts of a URL are tried as the name of a branch: GitLab
// does not mark where "feature/x" ends and the path begins.
const maxBranchParts = 6

// Config is what a Source needs.
type Config struct {
	// Base is the URL of the GitLab, for example "https://gitlab.example.com". URLs of any
	// other scheme, host or port are refused.
	Base         string
	Projects     scm.Projects
	Repositories scm.Repositories
}

// Source reads catalog files from one GitLab.
type Source struct {
	base         string // without trailing slash
	scheme, host string
	prefix       string // path of the GitLab below its host, "" mostly
	projects     scm.Projects
	repositories scm.Repositories
}

var _ catalog.Source = (*Source)(nil)

// New makes a source.
func New(c Config) (*Source, error) {
	if c.Projects == nil || c.Repositories == nil {
		return nil, errors.New("the catalog's source needs projects and repositories")
	}
	u, err := url.Parse(c.Base)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, errors.New("the catalog's source needs the URL of a GitLab such as https://gitlab.example.com")
	}
	prefix := strings.TrimRight(u.Path, "/")
	return &Source{
		base: u.Scheme + "://" + u.Host + prefix, scheme: u.Scheme, host: strings.ToLower(u.Host), prefix: prefix,
		projects: c.Projects, repositories: c.Repositories,
	}, nil
}

// Resolve reads "<base>/<project>/-/blob/<branch>/<path>", also with raw in the place of
// blob. The branch is as many parts as the host knows one by; "HEAD" is the default branch.
func (s *Source) Resolve(ctx context.Context, text string) (catalog.FileRef, error) {
	project, rest, err := s.split(text)
	if err != nil {
		return catalog.FileRef{}, err
	}
	p, err := s.projects.Project(ctx, project)
	if err != nil {
		return catalog.FileRef{}, fmt.Errorf("looking for the project %s: %w", project, err)
	}
	parts := strings.Split(rest, "/")
	if parts[0] == "HEAD" {
		return catalog.FileRef{Project: p.Path, Branch: p.DefaultBranch, Path: strings.Join(parts[1:], "/")}, nil
	}
	for n := 1; n < len(parts) && n <= maxBranchParts; n++ {
		f := catalog.FileRef{Project: p.Path, Branch: strings.Join(parts[:n], "/"), Path: strings.Join(parts[n:], "/")}
		_, err := s.head(ctx, p.ID, f.Branch)
		if err == nil {
			return f, nil
		}
		if !errors.Is(err, errs.NotFound) {
			return catalog.FileRef{}, fmt.Errorf("looking for the branch of %s: %w", project, err)
		}
	}
	return catalog.FileRef{}, errs.New(errs.NotFound, "the project "+project+" has no branch, tag or commit of that name")
}

// split takes a file's URL apart into the project and what follows blob or raw.
func (s *Source) split(text string) (project, rest string, err error) {
	wrong := errs.New(errs.Invalid, "must be the URL of a file, such as "+s.base+"/group/project/-/blob/main/catalog-info.yaml")
	u, err := url.Parse(text)
	if err != nil || u.Scheme != s.scheme || strings.ToLower(u.Host) != s.host || u.User != nil || u.Opaque != "" {
		return "", "", wrong
	}
	clean, below := strings.CutPrefix(u.Path, s.prefix+"/")
	project, rest, found := cutProject(clean)
	kind, rest, more := strings.Cut(rest, "/")
	if !below || !found || !more || (kind != "blob" && kind != "raw") {
		return "", "", wrong
	}
	if !plainPath(project) || !plainPath(rest) || !strings.Contains(project, "/") || !strings.Contains(rest, "/") {
		return "", "", wrong
	}
	return project, rest, nil
}

// cutProject takes the project off a path. Before GitLab 16 there were URLs without "/-/",
// which GitLab still leads on; no project can be called blob or raw
// (https://docs.gitlab.com/user/reserved_names/).
func cutProject(path string) (project, rest string, found bool) {
	if project, rest, found = strings.Cut(path, "/-/"); found {
		return project, rest, true
	}
	parts := strings.Split(path, "/")
	for i := 2; i < len(parts); i++ {
		if parts[i] == "blob" || parts[i] == "raw" {
			return strings.Join(parts[:i], "/"), strings.Join(parts[i:], "/"), true
		}
	}
	return "", "", false
}

// plainPath reports whether a path names what it seems to name.
func plainPath(p string) bool {
	return p != "" && path.Clean("/"+p) == "/"+p && !strings.ContainsFunc(p, func(r rune) bool { return r < ' ' || r == 0x7f })
}

// Relative gives a file of the same branch.
func (s *Source) Relative(from catalog.FileRef, target string) (catalog.FileRef, error) {
	return from.Join(target)
}

// URL gives the blob URL of a file.
func (s *Source) URL(f catalog.FileRef) string {
	return s.base + "/" + f.Project + "/-/blob/" + escaped(f.Branch) + "/" + escaped(f.Path)
}

func escaped(p string) string { return (&url.URL{Path: p}).EscapedPath() }

// at gives the project whose path this is now. GitLab leads on from former paths, but what
// is allowed of a path is not allowed of whatever it has become.
func (s *Source) at(ctx context.Context, project string) (scm.Project, error) {
	if id, known := catalog.ProjectIn(ctx, project); known {
		return scm.Project{ID: id, Path: project}, nil
	}
	p, err := s.projects.Project(ctx, project)
	if err == nil && !p.At(project) {
		return scm.Project{}, errs.New(errs.NotFound, "the project "+project+" was moved to "+p.Path)
	}
	return p, err
}

// Head gives the commit that a branch, tag or commit id stands for.
func (s *Source) Head(ctx context.Context, project, ref string) (string, error) {
	p, err := s.at(ctx, project)
	if err != nil {
		return "", fmt.Errorf("looking for the project %s: %w", project, err)
	}
	return s.head(ctx, p.ID, ref)
}

var commitID = lazyregexp.New(`^[0-9a-f]{40}$`)

func (s *Source) head(ctx context.Context, project int64, ref string) (string, error) {
	c, err := s.repositories.Head(ctx, project, ref)
	if err == nil {
		return c.ID, nil
	}
	if !errors.Is(err, errs.NotFound) {
		return "", err
	}
	newest, err := s.repositories.Commits(ctx, project, ref, 1)
	if err != nil {
		return "", err
	}
	if len(newest) == 0 || (commitID.MatchString(ref) && newest[0].ID != ref) {
		return "", errs.New(errs.NotFound, "there is no such branch, tag or commit")
	}
	return newest[0].ID, nil
}

// Read gives a file at a commit. GitLab also answers 404 when a token has lost its
// access, so an absent file is only believed while the project and the commit still show.
func (s *Source) Read(ctx context.Context, f catalog.FileRef, commit string) ([]byte, error) {
	p, err := s.at(ctx, f.Project)
	if err != nil {
		return nil, hidden(err)
	}
	file, err := s.repositories.File(ctx, p.ID, f.Path, commit)
	if err == nil {
		return file.Content, nil
	}
	if !errors.Is(err, errs.NotFound) {
		return nil, err
	}
	if err := s.shows(ctx, p.ID, commit); err != nil {
		return nil, err
	}
	return nil, errs.New(errs.NotFound, "there is no file "+f.Path+" in "+f.Project)
}

// List gives the paths of the files below a folder, without symbolic links. As with Read,
// an absent folder is only believed while the project and the commit still show.
func (s *Source) List(ctx context.Context, project, commit, folder string) ([]string, error) {
	p, err := s.at(ctx, project)
	if err != nil {
		return nil, hidden(err)
	}
	tree, err := s.repositories.Tree(ctx, p.ID, folder, commit)
	if errors.Is(err, errs.NotFound) || err == nil && len(tree) == 0 {
		return nil, s.shows(ctx, p.ID, commit)
	}
	if err != nil {
		return nil, err
	}
	var out []string
	for _, file := range tree {
		if !file.Symlink {
			out = append(out, file.Path)
		}
	}
	return out, nil
}

// shows makes sure that the project and the commit can be seen: a node that lags behind has
// neither the commit nor its files.
func (s *Source) shows(ctx context.Context, project int64, commit string) error {
	newest, err := s.repositories.Commits(ctx, project, commit, 1)
	if err != nil {
		return hidden(err)
	}
	if len(newest) == 0 || newest[0].ID != commit {
		return errs.New(errs.Unavailable, "the commit can't be seen at the moment")
	}
	return nil
}

// hidden keeps "not there" about a project or commit from being read as "the file is not
// there": it proves nothing about the file. The cause is kept as text only, so that
// errors.Is does not find the NotFound in it either.
func hidden(err error) error {
	if errors.Is(err, errs.NotFound) {
		return errs.Wrap(errs.Unavailable, "the project can't be seen at the moment", errors.New(err.Error()))
	}
	return err
}

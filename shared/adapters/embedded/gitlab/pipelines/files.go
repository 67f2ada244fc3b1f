package pipelines

import (
	"errors"
	"io/fs"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/gitstore"
	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/hooks"
	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/state"
	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlabci"
)

// files are the files of one commit.
type files struct {
	repo           *gitstore.Repo
	commit, before string
}

var (
	_ gitlabci.Source = files{}
	_ gitlabci.Lister = files{}
	_ gitlabci.Differ = files{}
)

// ReadFile gives one file.
func (f files) ReadFile(path string) ([]byte, error) {
	file, err := f.repo.File(f.commit, path)
	if errors.Is(err, gitstore.ErrNotFound) {
		return nil, fs.ErrNotExist
	}
	return file.Content, err
}

// ListFiles names all files.
func (f files) ListFiles() ([]string, error) {
	list, err := f.repo.Tree(f.commit, "", true)
	names := []string{}
	for _, e := range list {
		if e.Type == "blob" {
			names = append(names, e.Path)
		}
	}
	return names, err
}

// ChangedFiles names what differs from the branch's former head, if that is known.
func (f files) ChangedFiles() (paths []string, known bool, err error) {
	if f.before == "" || f.before == gitstore.Zero {
		return nil, false, nil
	}
	ch, err := f.repo.Changed(f.before, f.commit)
	if errors.Is(err, gitstore.ErrNotFound) {
		return nil, false, nil
	}
	return ch.Files(), err == nil, err
}

// Lint checks a CI file as it stands at a commit, or the given content in its place.
func (s *Service) Lint(req Request, content []byte) (gitlabci.LintResult, error) {
	repo, err := s.cfg.Repos.Open(req.Project.ID)
	if err != nil {
		return gitlabci.LintResult{}, err
	}
	commit := gitstore.Commit{ID: gitstore.Zero}
	if req.SHA != "" {
		if commit, err = repo.Commit(req.SHA); err != nil {
			return gitlabci.LintResult{}, err
		}
	}
	req.SHA = commit.ID
	t, err := s.trigger(req, commit)
	if err != nil {
		return gitlabci.LintResult{}, err
	}
	src := overlay{files: files{repo: repo, commit: commit.ID}, path: t.ConfigPath, content: content}
	return gitlabci.Lint(src, t), nil
}

// overlay puts a given content in the place of one file.
type overlay struct {
	files
	path    string
	content []byte // nil for what the commit has
}

// ReadFile gives one file.
func (o overlay) ReadFile(path string) ([]byte, error) {
	if path == o.path && o.content != nil {
		return o.content, nil
	}
	return o.files.ReadFile(path)
}

// ListFiles names all files; none before the first commit.
func (o overlay) ListFiles() ([]string, error) {
	if o.commit == gitstore.Zero {
		return nil, nil
	}
	return o.files.ListFiles()
}

// Protected reports whether a branch is protected: by a rule.
func Protected(tx *state.Tx, p state.Project, branch string) (bool, error) {
	rule, err := Rule(tx, p.ID, branch)
	return rule != nil, err
}

// Rule gives the protection of a branch, or nil: an exact name before a wildcard.
func Rule(tx *state.Tx, project int64, branch string) (*state.Protection, error) {
	all, err := state.Protected.All(tx, state.ID(project))
	if err != nil {
		return nil, err
	}
	var found *state.Protection
	for i := range all {
		if all[i].Name == branch {
			return &all[i], nil
		}
		if found == nil && hooks.Wildcard(all[i].Name, branch) {
			found = &all[i]
		}
	}
	return found, nil
}

package gitlab

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/slipwayhq/slipway/shared/adapters/gitlab/gitpush"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scm"
)

// From which size, or from how many files on, the first commit of a repository is pushed
// over git. The commits API takes it as base64 in JSON, which both sides hold in memory as a
// whole, and GitLab lets somebody send only three of more than 20 MB in half a minute.
// Against the embedded GitLab 500 files take a quarter of the time as a push, of 10 MB two
// thirds; below 100 files, which git unpacks one by one, the one request of the API wins over
// the four of a push.
const (
	pushBytes = 4 << 20
	pushFiles = 100
)

// tokenUser is who basic authentication names beside an access token.
const tokenUser = "oauth2"

// pushed reports whether a commit is one for git, if it is the first of its repository.
func pushed(changes []scm.Change) bool {
	size := 0
	for _, ch := range changes {
		if ch.Action != scm.CreateFile {
			return false
		}
		size += len(ch.Content)
	}
	return size > pushBytes || len(changes) > pushFiles || slices.ContainsFunc(changes, isLink)
}

func isLink(ch scm.Change) bool { return ch.Link != "" }

// push makes the first commit of a repository over git. It reports false, and has done
// nothing, when the repository holds something already or can't be pushed to.
func (c *Client) push(ctx context.Context, doing string, id int64, n scm.NewCommit) (scm.Commit, bool, error) {
	var p project
	if err := c.sendFor(ctx, call{doing: doing, method: http.MethodGet, path: projectPath(id)}, &p); err != nil {
		return scm.Commit{}, false, err
	}
	if !p.EmptyRepo {
		return scm.Commit{}, false, nil
	}
	pack, made, err := c.pack(ctx, doing, n, gitpush.Commit{})
	if err != nil {
		return scm.Commit{}, false, err
	}
	g := git{client: c, doing: doing, project: p.Path, branch: n.Branch, first: true}
	if done, err := g.push(ctx, pack); !done || err != nil {
		return scm.Commit{}, false, err
	}
	return made, true, nil
}

// pack makes a commit's objects. on has what it builds on, if anything.
func (c *Client) pack(ctx context.Context, doing string, n scm.NewCommit, on gitpush.Commit) (*gitpush.Pack, scm.Commit, error) {
	var who author
	if err := c.sendFor(ctx, call{doing: doing + ": asking who commits", method: http.MethodGet, path: "user"}, &who); err != nil {
		return nil, scm.Commit{}, err
	}
	now := c.cfg.Clock.Now().UTC().Truncate(time.Second)
	on.Message, on.Author, on.Files = n.Message, who.signature(n.Author, now), filesOf(n.Changes)
	pack, err := gitpush.NewPack(on)
	if err != nil {
		return nil, scm.Commit{}, fmt.Errorf("%s: %w", doing, err)
	}
	title, _, _ := strings.Cut(n.Message, "\n")
	made := scm.Commit{ID: pack.ID(), Title: title, Message: n.Message, Author: cmp.Or(n.Author.Name, who.Name), Created: now}
	if on.Parent != "" {
		made.Parents = []string{on.Parent}
	}
	return pack, made, nil
}

// author is the user whose token is used.
type author struct {
	ID          int64  `json:"id"`
	Name        string `json:"name"`
	Email       string `json:"email"`
	CommitEmail string `json:"commit_email"` // what the commits API writes
}

func (a *author) hasID() bool { return a.ID != 0 }

// signature is the user's, but for what was asked for.
func (a *author) signature(asked scm.Signature, when time.Time) gitpush.Signature {
	return gitpush.Signature{Name: cmp.Or(asked.Name, a.Name), Email: cmp.Or(asked.Email, a.CommitEmail, a.Email), When: when}
}

func filesOf(changes []scm.Change) []gitpush.File {
	files := make([]gitpush.File, len(changes))
	for i, ch := range changes {
		files[i] = gitpush.File{
			Path: ch.Path, Content: ch.Content, Executable: ch.Executable, Link: ch.Link, Plain: ch.Plain, Change: pushedChanges[ch.Action],
		}
	}
	return files
}

var pushedChanges = map[scm.ChangeAction]gitpush.Change{
	scm.CreateFile: gitpush.Create, scm.UpdateFile: gitpush.Replace, scm.DeleteFile: gitpush.Delete,
}

// git is a project as git sees it.
type git struct {
	client  *Client
	doing   string
	project string // full path
	branch  string
	first   bool // the commit is to be the repository's first
	move    bool // the branch is there
}

// push makes a branch what a commit is, unless the repository can't be pushed to, or holds
// something already although this is to be its first commit. The push itself is sent once,
// like any POST: see the package comment.
func (g git) push(ctx context.Context, pack *gitpush.Pack) (bool, error) {
	var there gitpush.Advertised
	failure := g.persist(ctx, true, g.client.cfg.Timeout, func(ctx context.Context, r gitpush.Remote) (err error) {
		there, err = r.Advertised(ctx)
		return err
	})
	switch {
	case failure == nil && g.first && !there.Empty, notOffered(orNil(failure)):
		return false, nil
	case failure != nil:
		return false, failure
	}
	failure = g.persist(ctx, false, commitTimeouts*g.client.cfg.Timeout, func(ctx context.Context, r gitpush.Remote) error {
		return r.Push(ctx, there, g.branch, g.move, pack)
	})
	return failure == nil, orNil(failure)
}

// notOffered reports whether there is no pushing to a repository: an administrator has
// turned git over HTTP off (403), or a GitLab for development has no git (501).
func notOffered(err error) bool {
	var refused *gitpush.Refused
	return errors.As(err, &refused) && (refused.Status == http.StatusForbidden || refused.Status == http.StatusNotImplemented)
}

// orNil keeps a nil *errs.Error from becoming an error that is not nil.
func orNil(failure *errs.Error) error {
	if failure == nil {
		return nil
	}
	return failure
}

func (g git) persist(ctx context.Context, repeatable bool, timeout time.Duration, do func(context.Context, gitpush.Remote) error) *errs.Error {
	c := g.client
	return c.persist(ctx, repeatable, func() *errs.Error {
		token, err := c.cfg.Token(ctx)
		if err != nil {
			return noToken(g.doing, &tokenError{err})
		}
		limited, cancel := context.WithTimeout(ctx, timeout)
		defer cancel()
		// The path is below the configured URL, whatever GitLab says its own is: the token
		// goes nowhere else.
		url := strings.TrimSuffix(c.cfg.BaseURL, "/") + "/" + g.project + ".git"
		return g.classify(do(limited, gitpush.Remote{HTTP: c.http, URL: url, User: tokenUser, Password: token}))
	})
}

// classify adds to a failure of git what it means at GitLab.
func (g git) classify(err error) *errs.Error {
	var refused *gitpush.Refused
	var rejected *gitpush.Rejected
	var failure *errs.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &refused):
		switch refused.Status {
		case http.StatusNotFound: // although the API has just shown the project
			return errs.Wrap(errs.Unavailable, g.doing+": GitLab does not show the project to git", err)
		case http.StatusNotImplemented:
			return errs.Wrap(errs.Invalid, g.doing+": GitLab can't take pushes: "+plainReason(refused), err)
		}
		return g.client.answered(g.doing, refused.Status, refused.Header, plainReason(refused), err)
	case errors.As(err, &rejected):
		return errs.Wrap(rejected.Kind, g.doing+": GitLab refused the push: "+safeText(rejected.Reason+" "+rejected.Said), err)
	case errors.As(err, &failure):
		return errs.Wrap(failure.Kind, g.doing+": "+failure.Message, err)
	}
	return errs.Wrap(errs.Unavailable, g.doing+": the push failed", err)
}

// plainReason is what GitLab says to users of git, which is plain text. A proxy's page is not.
func plainReason(refused *gitpush.Refused) string {
	if strings.HasPrefix(refused.Header.Get("Content-Type"), "text/plain") {
		return safeText(refused.Text)
	}
	return ""
}

package rest

import (
	"encoding/base64"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/gitstore"
	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/params"
	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/state"
)

func (a *API) commitRoutes() routes {
	return routes{
		"POST /projects/{id}/repository/commits":           createCommit,
		"GET /projects/{id}/repository/commits":            listCommits,
		"GET /projects/{id}/repository/commits/{sha}":      getCommit,
		"GET /projects/{id}/repository/commits/{sha}/diff": commitDiff,
		"GET /projects/{id}/repository/compare":            compareCommits,
	}
}

// moveTries bounds how often a commit is redone because the branch moved meanwhile.
const moveTries = 5

func (a *API) commitView(p state.Project, c gitstore.Commit) object {
	return object{
		"id": c.ID, "short_id": c.ID[:8], "title": c.Title(), "message": c.Message, "parent_ids": c.Parents,
		"author_name": c.Author.Name, "author_email": c.Author.Email, "authored_date": c.Author.When.Format(time.RFC3339),
		"committer_name": c.Committer.Name, "committer_email": c.Committer.Email,
		"committed_date": c.Committer.When.Format(time.RFC3339), "created_at": c.Committer.When.Format(time.RFC3339),
		"trailers": object{}, "extended_trailers": object{}, "web_url": a.BaseURL + "/" + p.FullPath + "/-/commit/" + c.ID,
	}
}

// repository gives the project of the route and its repository.
func (c *call) repository(level int) (state.Project, *gitstore.Repo, error) {
	p, err := c.project(level)
	if err != nil {
		return p, nil, err
	}
	repo, err := c.Repos.Open(p.ID)
	return p, repo, err
}

// newCommit is what the commits and files endpoints have in common.
type newCommit struct {
	branch, start string
	startSHA      string
	force         bool
	message       string
	author        gitstore.Author
	changes       []gitstore.Change
}

func createCommit(c *call) error {
	p, err := c.project(developer)
	if err != nil {
		return err
	}
	if err := c.require("branch", "commit_message"); err != nil {
		return err
	}
	changes, err := readActions(c.p)
	if err != nil {
		return err
	}
	if len(changes) == 0 && !c.p.Bool("allow_empty", false) {
		return badRequest("400 Bad request - Provide at least one action")
	}
	if c.p.Has("start_branch") && c.p.Has("start_sha") {
		return invalid("start_branch, start_sha are mutually exclusive")
	}
	id, err := c.commit(p, newCommit{
		branch: c.p.String("branch"), start: c.p.String("start_branch"), startSHA: c.p.String("start_sha"),
		force: c.p.Bool("force", false), message: c.p.String("commit_message"),
		author: c.author(c.p.String("author_name"), c.p.String("author_email")), changes: changes,
	})
	if err != nil {
		return err
	}
	return c.showCommit(http.StatusCreated, p, id)
}

func readActions(p params.Map) ([]gitstore.Change, error) {
	if !p.Has("actions") {
		return nil, invalid("actions is missing")
	}
	changes := []gitstore.Change{}
	for _, a := range p.List("actions") {
		ch := gitstore.Change{
			Action: gitstore.Action(a.String("action")), Path: a.String("file_path"), PreviousPath: a.String("previous_path"),
			LastCommit: a.String("last_commit_id"), HasContent: a["content"] != nil,
		}
		switch ch.Action {
		case gitstore.Create, gitstore.Update, gitstore.Delete, gitstore.Move, gitstore.Chmod:
		default:
			return nil, invalid("actions[0][action] does not have a valid value")
		}
		if ch.Path == "" {
			return nil, invalid("actions[0][file_path] is empty")
		}
		if a.Has("execute_filemode") {
			x := a.Bool("execute_filemode", false)
			ch.Executable = &x
		}
		var err error
		if ch.Content, err = content(a); err != nil {
			return nil, err
		}
		changes = append(changes, ch)
	}
	return changes, nil
}

func content(a params.Map) ([]byte, error) {
	switch a.String("encoding") {
	case "", "text":
		return []byte(a.String("content")), nil
	case "base64":
		raw, err := base64.StdEncoding.DecodeString(strings.NewReplacer("\n", "", "\r", "").Replace(a.String("content")))
		if err != nil {
			return nil, badRequest("The content is not valid base64")
		}
		return raw, nil
	}
	return nil, invalid("encoding does not have a valid value")
}

// commit makes one commit on a branch, all or nothing, and lets hooks and pipelines know.
func (c *call) commit(p state.Project, n newCommit) (string, error) {
	if err := c.mayPush(p, n.branch); err != nil {
		return "", err
	}
	unlock := c.Repos.Lock(p.ID)
	id, err := c.commitLocked(p, n)
	unlock()
	if err != nil {
		return "", err
	}
	return id, c.Pushes.Sync(c.r.Context(), p.ID)
}

func (c *call) commitLocked(p state.Project, n newCommit) (string, error) {
	for try := 1; ; try++ {
		id, err := c.tryCommit(p, n)
		var refused gitstore.Refusal
		switch {
		case errors.As(err, &refused):
			return "", badRequest(refused.Error())
		case errors.Is(err, gitstore.ErrMoved) && try < moveTries:
			continue // a push was faster
		case errors.Is(err, gitstore.ErrMoved):
			return "", badRequest("Could not update branch " + n.branch + ". Please refresh and try again.")
		}
		return id, err
	}
}

func (c *call) tryCommit(p state.Project, n newCommit) (string, error) {
	repo, err := c.Repos.Open(p.ID)
	if err != nil {
		return "", err
	}
	old, parents, err := base(repo, n)
	if err != nil {
		return "", err
	}
	committer := c.author("", "")
	id, err := repo.Write(gitstore.NewCommit{Message: n.message, Author: n.author, Committer: committer, Parents: parents, Changes: n.changes})
	if err != nil {
		return "", err
	}
	return id, repo.Move("refs/heads/"+n.branch, old, id)
}

// base finds what a commit builds on: the branch, or what the caller wants it to start
// from, or nothing in an empty repository.
func base(repo *gitstore.Repo, n newCommit) (old string, parents []string, err error) {
	if !gitstore.ValidRefName(n.branch) {
		return "", nil, badRequest("branch name is invalid")
	}
	if hashName.MatchString(n.branch) {
		return "", nil, badRequest("You cannot create a branch with a SHA-1 or SHA-256 branch name.")
	}
	old, err = repo.Branch(n.branch)
	exists := err == nil
	if err != nil && !errors.Is(err, gitstore.ErrNotFound) {
		return "", nil, err
	}
	if !exists {
		old = gitstore.Zero
	}
	start := n.startSHA
	if n.start != "" && n.start != n.branch {
		start = n.start
	}
	switch {
	case start != "" && exists && !n.force:
		return "", nil, badRequest("A branch called '" + n.branch + "' already exists. Switch to that branch in order to make changes")
	case start != "":
		from, err := repo.Resolve(start)
		if errors.Is(err, gitstore.ErrNotFound) {
			return "", nil, badRequest("Cannot find start_branch '" + start + "'")
		}
		return old, []string{from}, err
	case exists:
		return old, []string{old}, nil
	}
	refs, err := repo.Refs()
	if err != nil {
		return "", nil, err
	}
	if len(refs) > 0 {
		return "", nil, badRequest("You can only create or edit files when you are on a branch")
	}
	return old, nil, nil
}

func (c *call) showCommit(status int, p state.Project, id string) error {
	repo, err := c.Repos.Open(p.ID)
	if err != nil {
		return err
	}
	commit, err := repo.Commit(id)
	if err != nil {
		return notFound("Commit")
	}
	v := c.commitView(p, commit)
	if c.p.Bool("stats", true) {
		s, err := repo.Stats(id)
		if err != nil {
			return err
		}
		v["stats"] = object{"additions": s.Additions, "deletions": s.Deletions, "total": s.Additions + s.Deletions}
	}
	v["project_id"], v["status"], v["last_pipeline"] = p.ID, nil, nil
	last, err := c.Pipelines.Latest(p.ID, id)
	if err != nil {
		return err
	}
	if last != nil {
		v["status"], v["last_pipeline"] = last.Status, c.pipelineBrief(p, *last)
	}
	return c.json(status, v)
}

func listCommits(c *call) error {
	p, repo, err := c.repository(reporter)
	if err != nil {
		return err
	}
	ref := c.p.String("ref_name")
	if ref == "" {
		ref = p.DefaultBranch
	}
	q := gitstore.LogQuery{Path: strings.Trim(c.p.String("path"), "/"), Limit: c.perPage() + 1}
	if from, to, isRange := strings.Cut(ref, ".."); isRange {
		if q.Not, err = repo.Resolve(from); err != nil {
			return notFound("Commit")
		}
		ref = to
	}
	n := max(1, int(c.p.Int("page", 1)))
	q.Skip = (n - 1) * c.perPage()
	q.All = c.p.Bool("all", false) // the ref is ignored then
	if !q.All {
		q.From, err = repo.Resolve(ref)
	}
	if errors.Is(err, gitstore.ErrNotFound) {
		refs, err := repo.Refs()
		if err == nil && len(refs) == 0 && !c.p.Has("ref_name") {
			c.pageHeaders(1, c.perPage(), false, 0)
			return c.ok([]object{})
		}
		return notFound("Commit")
	}
	if err != nil {
		return err
	}
	list, err := repo.Log(q)
	if err != nil {
		return err
	}
	c.pageHeaders(n, c.perPage(), len(list) > c.perPage(), 0)
	views := []object{}
	for _, commit := range list[:min(len(list), c.perPage())] {
		v := c.commitView(p, commit)
		if c.p.Bool("trailers", false) {
			v["trailers"], v["extended_trailers"] = trailers(commit.Message)
		}
		views = append(views, v)
	}
	return c.ok(views)
}

// trailers reads the "Key: value" lines of a message's last paragraph.
func trailers(msg string) (last map[string]string, all map[string][]string) {
	last, all = map[string]string{}, map[string][]string{}
	paragraphs := strings.Split(strings.TrimSpace(msg), "\n\n")
	if len(paragraphs) < 2 {
		return last, all
	}
	for line := range strings.SplitSeq(paragraphs[len(paragraphs)-1], "\n") {
		k, v, ok := strings.Cut(line, ":")
		if !ok || k == "" || strings.ContainsAny(k, " \t") {
			continue
		}
		v = strings.TrimSpace(v)
		last[k], all[k] = v, append(all[k], v)
	}
	return last, all
}

func getCommit(c *call) error {
	p, repo, err := c.repository(reporter)
	if err != nil {
		return err
	}
	id, err := repo.Resolve(c.r.PathValue("sha"))
	if errors.Is(err, gitstore.ErrNotFound) {
		return notFound("Commit")
	}
	if err != nil {
		return err
	}
	return c.showCommit(http.StatusOK, p, id)
}

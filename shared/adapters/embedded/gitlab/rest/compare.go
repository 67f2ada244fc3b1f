package rest

import (
	"errors"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/gitstore"
)

const maxCompared = 1000

func diffViews(list []gitstore.FileDiff) []object {
	views := []object{}
	for _, d := range list {
		views = append(views, object{
			"old_path": d.OldPath, "new_path": d.NewPath, "a_mode": d.OldMode, "b_mode": d.NewMode, "new_file": d.Added,
			"deleted_file": d.Removed, "renamed_file": false, "generated_file": false, "collapsed": false, "too_large": false, "diff": d.Text,
		})
	}
	return views
}

func commitDiff(c *call) error {
	_, repo, err := c.repository(reporter)
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
	commit, err := repo.Commit(id)
	if err != nil {
		return err
	}
	parent := gitstore.Zero
	if len(commit.Parents) > 0 {
		parent = commit.Parents[0]
	}
	list, err := repo.Diff(parent, id)
	if err != nil {
		return err
	}
	return c.ok(page(c, diffViews(list)))
}

// compareCommits compares to with the common ancestor of from and to, or with from itself
// when straight is set.
func compareCommits(c *call) error {
	p, repo, err := c.repository(reporter)
	if err != nil {
		return err
	}
	if err := c.require("from", "to"); err != nil {
		return err
	}
	from, err := repo.Resolve(c.p.String("from"))
	if err != nil {
		return notFound("Ref")
	}
	to, err := repo.Resolve(c.p.String("to"))
	if err != nil {
		return notFound("Ref")
	}
	base := from
	if !c.p.Bool("straight", false) {
		if base, err = repo.Base(from, to); errors.Is(err, gitstore.ErrNotFound) {
			base, err = gitstore.Zero, nil
		}
	}
	if err != nil {
		return err
	}
	list, err := repo.Log(gitstore.LogQuery{From: to, Not: from, Limit: maxCompared})
	if err != nil {
		return err
	}
	diffs, err := repo.Diff(base, to)
	if err != nil {
		return err
	}
	v := object{"commit": nil, "compare_timeout": false, "compare_same_ref": from == to, "diffs": diffViews(diffs),
		"web_url": c.BaseURL + "/" + p.FullPath + "/-/compare/" + c.p.String("from") + "..." + c.p.String("to")}
	commits := []object{}
	for i := len(list) - 1; i >= 0; i-- {
		commits = append(commits, c.commitView(p, list[i]))
		v["commit"] = commits[len(commits)-1]
	}
	v["commits"] = commits
	return c.ok(v)
}

package rest

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/gitstore"
	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/hooks"
	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/state"
)

func (a *API) tagRoutes() routes {
	return routes{
		"GET /projects/{id}/repository/tags":          listTags,
		"POST /projects/{id}/repository/tags":         createTag,
		"GET /projects/{id}/repository/tags/{tag}":    getTag,
		"DELETE /projects/{id}/repository/tags/{tag}": deleteTag,
		"GET /projects/{id}/releases":                 listReleases,
		"POST /projects/{id}/releases":                createRelease,
		"GET /projects/{id}/releases/{tag}":           getRelease,
		"PUT /projects/{id}/releases/{tag}":           editRelease,
		"DELETE /projects/{id}/releases/{tag}":        deleteRelease,
	}
}

func (c *call) tagView(p state.Project, repo *gitstore.Repo, name string) (object, error) {
	id, err := repo.Tag(name)
	if err != nil {
		return nil, err
	}
	v := object{"name": name, "target": id, "message": repo.TagMessage(id), "protected": false, "commit": nil, "release": nil, "created_at": nil}
	if at, err := repo.Resolve("refs/tags/" + name); err == nil {
		commit, err := repo.Commit(at)
		if err != nil {
			return nil, err
		}
		v["commit"] = c.commitView(p, commit)
	}
	err = c.State.View(func(tx *state.Tx) error {
		r, err := state.Releases.Get(tx, state.Under(p.ID, name))
		if errors.Is(err, state.ErrNotFound) {
			return nil
		}
		v["release"] = object{"tag_name": r.Tag, "description": r.Description}
		return err
	})
	return v, err
}

func tagNames(repo *gitstore.Repo) ([]string, error) {
	refs, err := repo.Refs()
	names := []string{}
	for ref := range refs {
		if name, ok := strings.CutPrefix(ref, "refs/tags/"); ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names, err
}

func listTags(c *call) error {
	p, repo, err := c.repository(reporter)
	if err != nil {
		return err
	}
	names, err := tagNames(repo)
	if err != nil {
		return err
	}
	names = slices.DeleteFunc(names, func(n string) bool { return !matchesSearch(n, c.p.String("search")) })
	if !strings.EqualFold(c.p.String("sort"), "asc") {
		slices.Reverse(names)
	}
	views := []object{}
	for _, n := range page(c, names) {
		v, err := c.tagView(p, repo, n)
		if err != nil {
			return err
		}
		views = append(views, v)
	}
	return c.ok(views)
}

func getTag(c *call) error {
	p, repo, err := c.repository(reporter)
	if err != nil {
		return err
	}
	v, err := c.tagView(p, repo, c.r.PathValue("tag"))
	if errors.Is(err, gitstore.ErrNotFound) {
		return notFound("Tag")
	}
	if err != nil {
		return err
	}
	return c.ok(v)
}

func createTag(c *call) error {
	p, repo, err := c.repository(developer)
	if err != nil {
		return err
	}
	if err := c.require("tag_name", "ref"); err != nil {
		return err
	}
	name := c.p.String("tag_name")
	if err := c.makeTag(p, repo, name, c.p.String("ref"), c.p.String("message")); err != nil {
		return err
	}
	v, err := c.tagView(p, repo, name)
	if err != nil {
		return err
	}
	return c.created(v)
}

func (c *call) makeTag(p state.Project, repo *gitstore.Repo, name, ref, text string) error {
	if p.Archived {
		return forbidden("")
	}
	if !gitstore.ValidRefName(name) {
		return badRequest("Tag name invalid")
	}
	target, err := repo.Resolve(ref)
	if err != nil {
		return badRequest("Target " + ref + " is invalid")
	}
	if text != "" {
		if target, err = repo.WriteTag(name, target, text, c.author("", "")); err != nil {
			return err
		}
	}
	unlock := c.Repos.Lock(p.ID)
	err = repo.Move("refs/tags/"+name, gitstore.Zero, target)
	unlock()
	if errors.Is(err, gitstore.ErrMoved) {
		return badRequest("Tag " + name + " already exists")
	}
	if err != nil {
		return err
	}
	return c.Pushes.Sync(c.r.Context(), p.ID)
}

func deleteTag(c *call) error {
	p, repo, err := c.repository(developer)
	if err != nil {
		return err
	}
	name := c.r.PathValue("tag")
	at, err := repo.Tag(name)
	if errors.Is(err, gitstore.ErrNotFound) {
		return notFound("Tag")
	}
	if err != nil {
		return err
	}
	unlock := c.Repos.Lock(p.ID)
	err = repo.Move("refs/tags/"+name, at, gitstore.Zero)
	unlock()
	if err != nil {
		return badRequest("Failed to remove tag")
	}
	if err := c.Pushes.Sync(c.r.Context(), p.ID); err != nil {
		return err
	}
	return c.noContent()
}

func (c *call) releaseView(p state.Project, repo *gitstore.Repo, r state.Release) object {
	self := c.BaseURL + "/" + p.FullPath + "/-/releases/" + r.Tag
	v := object{
		"tag_name": r.Tag, "name": r.Name, "description": r.Description, "created_at": stamp(r.CreatedAt), "released_at": stamp(r.ReleasedAt),
		"upcoming_release": r.ReleasedAt.After(c.Clock.Now()), "author": c.rootUser(), "commit": nil, "milestones": []object{}, "evidences": []object{},
		"commit_path": nil, "tag_path": "/" + p.FullPath + "/-/tags/" + r.Tag,
		"assets": object{"count": 0, "sources": []object{}, "links": []object{}}, "_links": object{"self": self, "edit_url": self + "/edit"},
	}
	if at, err := repo.Resolve("refs/tags/" + r.Tag); err == nil {
		if commit, err := repo.Commit(at); err == nil {
			v["commit"], v["commit_path"] = c.commitView(p, commit), "/"+p.FullPath+"/-/commit/"+at
		}
	}
	return v
}

func listReleases(c *call) error {
	p, repo, err := c.repository(reporter)
	if err != nil {
		return err
	}
	var list []state.Release
	err = c.State.View(func(tx *state.Tx) (err error) {
		list, err = state.Releases.All(tx, state.ID(p.ID))
		return err
	})
	if err != nil {
		return err
	}
	slices.SortStableFunc(list, func(a, b state.Release) int { return b.ReleasedAt.Compare(a.ReleasedAt) })
	views := []object{}
	for _, r := range page(c, list) {
		views = append(views, c.releaseView(p, repo, r))
	}
	return c.ok(views)
}

func createRelease(c *call) error {
	p, repo, err := c.repository(developer)
	if err != nil {
		return err
	}
	if err := c.require("tag_name"); err != nil {
		return err
	}
	r := state.Release{Tag: c.p.String("tag_name"), Name: c.p.String("name"), Description: c.p.String("description"), CreatedAt: c.Clock.Now(), ReleasedAt: c.Clock.Now()}
	if r.Name == "" {
		r.Name = r.Tag
	}
	if _, err := repo.Tag(r.Tag); errors.Is(err, gitstore.ErrNotFound) {
		if c.p.String("ref") == "" {
			return message(http.StatusUnprocessableEntity, "Ref is not specified")
		}
		if err := c.makeTag(p, repo, r.Tag, c.p.String("ref"), c.p.String("tag_message")); err != nil {
			return err
		}
	} else if err != nil {
		return err
	}
	err = c.State.Update(func(tx *state.Tx) error {
		key := state.Under(p.ID, r.Tag)
		if state.Releases.Has(tx, key) {
			return message(http.StatusConflict, "Release already exists")
		}
		return errors.Join(state.Releases.Put(tx, key, r), c.releaseHook(tx, p, r, "create"))
	})
	if err != nil {
		return err
	}
	c.Hooks.Wake()
	return c.created(c.releaseView(p, repo, r))
}

func (c *call) releaseHook(tx *state.Tx, p state.Project, r state.Release, action string) error {
	return c.Hooks.Enqueue(tx, hooks.Event{ProjectID: p.ID, Trigger: "releases_events", Header: "Release Hook",
		Origin: c.Hooks.Origin(), Payload: c.Hooks.Release(tx, p, r, action)})
}

// release changes or reads the release of the route, and answers it.
func (c *call) release(level int, edit func(*state.Tx, state.Project, *state.Release) error) error {
	p, repo, err := c.repository(level)
	if err != nil {
		return err
	}
	var r state.Release
	run := c.State.View
	if edit != nil {
		run = c.State.Update
	}
	err = run(func(tx *state.Tx) error {
		if r, err = state.Releases.Get(tx, state.Under(p.ID, c.r.PathValue("tag"))); errors.Is(err, state.ErrNotFound) {
			return notFound("")
		}
		if err != nil || edit == nil {
			return err
		}
		return edit(tx, p, &r)
	})
	if err != nil {
		return err
	}
	c.Hooks.Wake()
	return c.ok(c.releaseView(p, repo, r))
}

func getRelease(c *call) error { return c.release(reporter, nil) }

func editRelease(c *call) error {
	return c.release(developer, func(tx *state.Tx, p state.Project, r *state.Release) error {
		if c.p.Has("name") {
			r.Name = c.p.String("name")
		}
		if c.p.Has("description") {
			r.Description = c.p.String("description")
		}
		return errors.Join(state.Releases.Put(tx, state.Under(p.ID, r.Tag), *r), c.releaseHook(tx, p, *r, "update"))
	})
}

func deleteRelease(c *call) error {
	return c.release(developer, func(tx *state.Tx, p state.Project, r *state.Release) error {
		return errors.Join(state.Releases.Delete(tx, state.Under(p.ID, r.Tag)), c.releaseHook(tx, p, *r, "delete"))
	})
}

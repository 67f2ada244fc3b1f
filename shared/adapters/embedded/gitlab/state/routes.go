package state

import "strings"

// ProjectAt finds a project by its full path, or by a former one (moved).
func ProjectAt(tx *Tx, fullPath string) (p Project, moved bool, err error) {
	key := strings.ToLower(fullPath)
	if at, err := Paths.Get(tx, key); err == nil && at.Project != 0 {
		p, err = Projects.Get(tx, ID(at.Project))
		return p, false, err
	}
	from, err := Redirects.Get(tx, key)
	if err != nil {
		return p, false, err
	}
	p, err = Projects.Get(tx, ID(from.Project))
	return p, true, err
}

// TakePath gives a full path to a group or project. What redirected from it does so no more.
func TakePath(tx *Tx, fullPath string, at Path) error {
	key := strings.ToLower(fullPath)
	if err := Redirects.Delete(tx, key); err != nil {
		return err
	}
	return Paths.Put(tx, key, at)
}

// MoveProject stores a project whose full path was another one before, which leads to it
// from now on. Taking the new path is the caller's.
func MoveProject(tx *Tx, p Project, before string) error {
	if !strings.EqualFold(before, p.FullPath) {
		key := strings.ToLower(before)
		if err := Paths.Delete(tx, key); err != nil {
			return err
		}
		if err := Redirects.Put(tx, key, Redirect{Path: key, Project: p.ID}); err != nil {
			return err
		}
	}
	return Projects.Put(tx, ID(p.ID), p)
}

func deleteRedirects(tx *Tx, project int64) error {
	all, err := Redirects.All(tx, "")
	if err != nil {
		return err
	}
	for _, r := range all {
		if r.Project != project {
			continue
		}
		if err := Redirects.Delete(tx, r.Path); err != nil {
			return err
		}
	}
	return nil
}

package gitstore

import (
	"fmt"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"
)

// WriteTag stores an annotated tag of a commit and gives its id. Nothing points to it yet.
func (r *Repo) WriteTag(name, commit, message string, who Author) (string, error) {
	h, err := r.encode(&object.Tag{
		Name: name, Tagger: signature(who), Message: message, TargetType: plumbing.CommitObject, Target: plumbing.NewHash(commit),
	})
	if err != nil {
		return "", fmt.Errorf("writing tag %s: %w", name, err)
	}
	return h.String(), nil
}

// TagMessage gives the message of an annotated tag; "" for a lightweight one.
func (r *Repo) TagMessage(id string) string {
	t, err := object.GetTag(r.git.Storer, plumbing.NewHash(id))
	if err != nil {
		return ""
	}
	return t.Message
}

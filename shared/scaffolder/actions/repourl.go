package actions

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/platform/lazyregexp"
)

// slugPattern is what GitLab takes as the last part of a project's path, and Backstage as
// a name.
var slugPattern = lazyregexp.New(`^[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$`)

// validSlug reports whether GitLab takes a text as the last part of a project's path.
func validSlug(text string) bool {
	return slugPattern.MatchString(text) && !strings.HasSuffix(text, ".git") && !strings.HasSuffix(text, ".atom")
}

// groupPattern is what GitLab takes as one part of a group's path.
var groupPattern = lazyregexp.New(`^[A-Za-z0-9_][A-Za-z0-9_.-]*$`)

// RepoURL is a repository in the form of Backstage's RepoUrlPicker:
// "host?owner=group/subgroup&repo=name".
type RepoURL struct {
	Host  string
	Owner string // full path of the group
	Repo  string
}

// ParseRepoURL reads the form that RepoUrlPicker writes.
func ParseRepoURL(text string) (RepoURL, error) {
	bad := func(why string) (RepoURL, error) {
		return RepoURL{}, errs.New(errs.Invalid, "repoUrl "+why+"; it looks like host?owner=group&repo=name")
	}
	host, query, ok := strings.Cut(text, "?")
	if !ok || host == "" || strings.ContainsAny(host, "/@ \t\r\n") {
		return bad("has no host or no query")
	}
	values, err := url.ParseQuery(query)
	if err != nil {
		return bad("has a query that can't be read")
	}
	r := RepoURL{Host: host, Owner: strings.Trim(values.Get("owner"), "/"), Repo: strings.Trim(values.Get("repo"), "/")}
	if !validSlug(r.Repo) {
		return bad(fmt.Sprintf("names a repository %.70q that GitLab does not take", r.Repo))
	}
	for _, part := range strings.Split(r.Owner, "/") {
		if !groupPattern.MatchString(part) {
			return bad(fmt.Sprintf("names an owner %.70q that is not the path of a group", r.Owner))
		}
	}
	return r, nil
}

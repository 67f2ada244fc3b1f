package gitlab

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scm"
)

const (
	// wholeBelow is the length in characters below which GitLab takes a text for the whole
	// of a name and no longer for a part of it.
	wholeBelow = 3
	// searched bounds how many entries are looked through for more than what is found.
	searched = 1000
)

// search lists the entries of a listing by id that hold a text. GitLab is asked for them as
// far as it means the same by it: it looks for each word on its own, and for short texts
// only as the whole name. What it gives is looked through again.
func search[T any](ctx context.Context, c *Client, k call, text string, limit int, keep func(T) bool) ([]T, error) {
	if limit <= 0 {
		return nil, errs.New(errs.Invalid, k.doing+": a limit is needed")
	}
	size := limit
	if text != "" {
		size = pageSize
	}
	page(k.query, size).Set("order_by", "id")
	k.query.Set("sort", "asc")
	if utf8.RuneCountInString(text) >= wholeBelow {
		k.query.Set("search", text)
	}
	var found []T
	seen := 0
	err := pages(ctx, c, k, func(entries []T) bool {
		seen += len(entries)
		for _, e := range entries {
			if len(found) < limit && keep(e) {
				found = append(found, e)
			}
		}
		return len(found) == limit || seen >= limit+searched
	})
	return found, err
}

// holds reports whether one of the names holds a text, in either case.
func holds(text string, names ...string) bool {
	for _, name := range names {
		if strings.Contains(strings.ToLower(name), strings.ToLower(text)) {
			return true
		}
	}
	return false
}

// SearchProjects implements scm.Projects.
func (c *Client) SearchProjects(ctx context.Context, text string, limit int) ([]scm.Project, error) {
	entries, err := search(ctx, c, call{
		doing: "searching projects", method: http.MethodGet, path: "projects",
		query: url.Values{"archived": {"false"}, "search_namespaces": {"true"}},
	}, text, limit, func(p project) bool { return !p.marked() && !p.Archived && holds(text, p.Path, p.Name) })
	if err != nil {
		return nil, err
	}
	out := make([]scm.Project, len(entries))
	for i, p := range entries {
		out[i] = p.scm()
	}
	return out, nil
}

// SearchGroups implements scm.Groups.
func (c *Client) SearchGroups(ctx context.Context, text string, limit int) ([]scm.Group, error) {
	entries, err := search(ctx, c, call{
		doing: "searching groups", method: http.MethodGet, path: "groups", query: url.Values{},
	}, text, limit, func(g group) bool { return !g.marked() && holds(text, g.Path, g.Name) })
	if err != nil {
		return nil, err
	}
	out := make([]scm.Group, len(entries))
	for i, g := range entries {
		out[i] = g.scm()
	}
	return out, nil
}

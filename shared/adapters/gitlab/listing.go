package gitlab

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scm"
)

// ProjectsIn implements scm.Projects. It pages by number and not by GitLab's position, for
// there a project that vanishes between two pages hides another one. The page is refused
// when it is not what was asked for: another order would leave projects out as well.
func (c *Client) ProjectsIn(ctx context.Context, group string, after int64, limit int) (scm.ProjectPage, error) {
	doing := "listing the projects of " + safeText(group)
	if strings.Trim(group, "/") == "" {
		return scm.ProjectPage{}, errs.New(errs.Invalid, doing+": the group is empty")
	}
	if limit <= 0 {
		return scm.ProjectPage{}, errs.New(errs.Invalid, doing+": a limit is needed")
	}
	out := scm.ProjectPage{More: true}
	for out.More && len(out.Projects) < limit {
		k := call{
			doing: doing, method: http.MethodGet, path: "groups/" + escape(group) + "/projects",
			query: projectsQuery(after, limit-len(out.Projects)),
		}
		entries, more, err := c.projectsPage(ctx, k, after)
		if err != nil {
			return scm.ProjectPage{}, err
		}
		for _, p := range entries {
			out.Projects = append(out.Projects, p.scm())
			after = p.ID
		}
		out.More = more
	}
	return out, nil
}

// projectsQuery names every parameter whose default differs between versions or is not
// what is wanted: with_shared is on unless it is switched off.
func projectsQuery(after int64, limit int) url.Values {
	query := page(url.Values{
		"include_subgroups": {"true"}, "archived": {"false"}, "with_shared": {"false"}, "order_by": {"id"}, "sort": {"asc"},
	}, limit)
	if after > 0 {
		query.Set("id_after", strconv.FormatInt(after, 10))
	}
	return query
}

// projectsPage reads one page; more says that another one follows or may follow.
func (c *Client) projectsPage(ctx context.Context, k call, after int64) (entries []project, more bool, err error) {
	resp, err := c.send(ctx, k, &entries)
	if err != nil {
		return nil, false, err
	}
	size, _ := strconv.Atoi(k.query.Get("per_page"))
	if entries == nil || len(entries) > size {
		return nil, false, errs.New(errs.Unavailable, k.doing+": GitLab's answer is not a page of the listing")
	}
	for _, p := range entries {
		if p.ID <= after || p.Path == "" {
			return nil, false, errs.New(errs.Unavailable, k.doing+": GitLab's listing is not in the order that was asked for")
		}
		after = p.ID
	}
	// A full page without a link is asked for its end: what is in between may drop headers.
	return entries, len(entries) == size || resp.NextLink != "" || resp.NextPage > 0, nil
}

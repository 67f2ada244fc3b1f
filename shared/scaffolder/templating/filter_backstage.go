package templating

import (
	"net/url"
	"strings"
)

// The filters that Backstage adds to Nunjucks.

// parseRepoURL reads "gitlab.example.com?owner=group&repo=name".
func parseRepoURL(r *run, at int, in any, _ []any) any {
	text := r.str(at, in)
	u, err := url.Parse("https://" + text)
	if err != nil || u.Host == "" || u.User != nil {
		fail(at, "%q is not a repository URL such as host?owner=group&repo=name", shorten(text))
	}
	query := u.Query()
	r.budget.text(at, 4*int64(len(text)))
	for _, name := range r.engine.requiredParts(at, u.Host, query) {
		if query.Get(name) == "" {
			fail(at, "the repository URL %q lacks %q", shorten(text), name)
		}
	}
	o := newObject()
	o.set("host", u.Host)
	for _, name := range []string{"owner", "repo", "organization", "workspace", "project"} {
		if query.Has(name) {
			o.set(name, query.Get(name))
		}
	}
	return o
}

// publicHosts are known by their names as long as no hosts are configured.
var publicHosts = map[string]string{"github.com": "github", "dev.azure.com": "azure", "bitbucket.org": "bitbucket"}

// requiredParts says what a repository URL must have, by the kind of its host.
func (e *Engine) requiredParts(at int, host string, query url.Values) []string {
	kind, known := e.hosts[host]
	if e.hosts == nil {
		kind = publicHosts[host]
	} else if !known {
		fail(at, "no Git host %q is configured", shorten(host))
	}
	switch kind {
	case "azure":
		return []string{"project", "repo"}
	case "bitbucket":
		if host == "bitbucket.org" {
			return []string{"workspace", "project", "repo"}
		}
		return []string{"project", "repo"}
	case "github":
		return []string{"repo", "owner"}
	}
	if query.Get("project") != "" {
		return nil // the numeric id of a GitLab project says it all
	}
	return []string{"owner", "repo"}
}

func projectSlug(r *run, at int, in any, args []any) any {
	o := parseRepoURL(r, at, in, args).(*object)
	return r.str(at, o.get("owner")) + "/" + r.str(at, o.get("repo"))
}

// parseEntityRef reads "[kind:][namespace/]name".
func parseEntityRef(r *run, at int, in any, args []any) any {
	ref, ok := textOf(in)
	if !ok || ref == "" {
		fail(at, "parseEntityRef works on a reference such as component:default/name, not on %s", typeName(in))
	}
	byDefault := func(name string) any { return r.memberOf(at, arg(args, 0), name) }
	kind, namespace := byDefault("defaultKind"), byDefault("defaultNamespace")
	colon, slash := strings.IndexByte(ref, ':'), strings.IndexByte(ref, '/')
	if slash >= 0 && slash < colon {
		colon = -1
	}
	if colon >= 0 {
		kind = ref[:colon]
	}
	if slash >= 0 {
		namespace = ref[colon+1 : slash]
	}
	if namespace == (Undefined{}) {
		namespace = "default"
	}
	o := newObject()
	for _, part := range []Member{{"kind", kind}, {"namespace", namespace}, {"name", ref[max(colon, slash)+1:]}} {
		if !truthy(part.Value) {
			fail(at, "the entity reference %q has no %s", shorten(ref), part.Name)
		}
		o.set(part.Name, part.Value)
	}
	return o
}

// pick reads a path such as "metadata.tags[0]".
func pick(r *run, at int, in any, args []any) any {
	path := r.str(at, arg(args, 0))
	r.budget.text(at, int64(len(path)))
	if o, ok := in.(*object); ok {
		if v, there := o.values[path]; there {
			return v
		}
	}
	keys := strings.FieldsFunc(path, func(c rune) bool { return strings.ContainsRune(`.[]"'`, c) })
	r.budget.elements(at, len(keys))
	for _, key := range keys {
		in = r.memberOf(at, in, key)
	}
	return in
}

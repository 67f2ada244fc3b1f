package templating

import "strings"

// The filters that Backstage adds to Nunjucks.

// parseRepoURL reads "gitlab.example.com?owner=group&repo=name".
func parseRepoURL(r *run, at int, in any, _ []any) any {
	if _, isObject := in.(*object); isObject {
		fail(at, "%s is not a repository URL such as host?owner=group&repo=name", typeName(in))
	}
	text := r.str(at, in)
	r.budget.text(at, 8*int64(len(text)))
	u, ok := readRepoURL(text)
	if !ok {
		fail(at, "%q is not a repository URL such as host?owner=group&repo=name", shorten(text))
	}
	for _, name := range r.engine.requiredParts(at, u) {
		if u.parameters[name] == "" {
			fail(at, "the repository URL %q lacks %q", shorten(text), name)
		}
	}
	o := newObject()
	o.set("host", u.host)
	for _, name := range []string{"owner", "repo", "organization", "workspace", "project"} {
		o.set(name, Undefined{})
		if v, there := u.parameters[name]; there {
			o.set(name, strings.Trim(v, "/"))
		}
	}
	return o
}

// publicHosts are known by their names as long as no hosts are configured.
var publicHosts = map[string]string{"github.com": "github", "dev.azure.com": "azure", "bitbucket.org": "bitbucket"}

// requiredParts says what a repository URL must have, by the kind of its host.
func (e *Engine) requiredParts(at int, u repoURL) []string {
	kind, known := e.hosts[u.host]
	if e.hosts == nil {
		kind = publicHosts[u.host]
	} else if !known {
		fail(at, "no Git host %q is configured", shorten(u.host))
	}
	switch kind {
	case "azure":
		return []string{"project", "repo"}
	case "bitbucket":
		if u.host == "bitbucket.org" {
			return []string{"workspace", "project", "repo"}
		}
		return []string{"project", "repo"}
	case "github":
		return []string{"repo", "owner"}
	}
	if strings.Trim(u.parameters["project"], "/") != "" {
		return nil // the numeric id of a GitLab project says it all
	}
	return []string{"owner", "repo"}
}

func projectSlug(r *run, at int, in any, args []any) any {
	o := parseRepoURL(r, at, in, args).(*object)
	return r.str(at, o.get("owner")) + "/" + r.str(at, o.get("repo"))
}

// parseEntityRef reads "[kind:][namespace/]name", or an object of these three.
func parseEntityRef(r *run, at int, in any, args []any) any {
	if !truthy(in) || in == safe("") {
		fail(at, "parseEntityRef works on a reference such as component:default/name, not on %s", typeName(in))
	}
	o := newObject()
	if ref, ok := textOf(in); ok {
		o = splitEntityRef(at, ref)
	} else if given, ok := in.(*object); ok {
		for _, name := range []string{"kind", "namespace", "name"} {
			o.set(name, given.get(name))
		}
	}
	defaults, _ := arg(args, 0).(*object)
	if defaults == nil {
		defaults = newObject()
	}
	namespace := defaults.get("defaultNamespace")
	if !truthy(namespace) {
		namespace = "default"
	}
	result := newObject()
	for _, part := range []Member{{"kind", defaults.get("defaultKind")}, {"namespace", namespace}, {"name", Undefined{}}} {
		v := o.get(part.Name)
		if v == nil || isUndefined(v) {
			v = part.Value
		}
		if !truthy(v) {
			fail(at, "the entity reference %q has no %s", shorten(r.str(at, in)), part.Name)
		}
		result.set(part.Name, v)
	}
	return result
}

func splitEntityRef(at int, ref string) *object {
	colon, slash := strings.IndexByte(ref, ':'), strings.IndexByte(ref, '/')
	if slash >= 0 && slash < colon {
		colon = -1
	}
	o := newObject()
	if colon >= 0 {
		o.set("kind", ref[:colon])
	}
	if slash >= 0 {
		o.set("namespace", ref[colon+1:slash])
	}
	o.set("name", ref[max(colon, slash)+1:])
	for _, name := range o.names() {
		if o.values[name] == "" {
			fail(at, "the entity reference %q has no %s", shorten(ref), name)
		}
	}
	return o
}

// pick reads a path such as "metadata.tags[0]", with what is given if there is nothing.
func pick(r *run, at int, in any, args []any) any {
	if in == nil || isUndefined(in) {
		return arg(args, 1)
	}
	keys := r.pickPath(at, in, arg(args, 0))
	for _, key := range keys {
		if in == nil || isUndefined(in) {
			return arg(args, 1)
		}
		in = r.elementOf(at, in, r.pickKey(at, key))
	}
	if len(keys) == 0 || isUndefined(in) {
		return arg(args, 1)
	}
	return in
}

// pickPath reads a path as lodash does.
func (r *run) pickPath(at int, in, path any) []any {
	if list, ok := path.(*array); ok {
		return list.items
	}
	text := r.pickKey(at, path)
	if _, ok := textOf(path); !ok || !strings.ContainsAny(text, ".[") {
		return []any{text}
	}
	if o, ok := in.(*object); ok {
		if _, there := o.values[text]; there {
			return []any{text}
		}
	}
	r.budget.elements(at, 2*len(text))
	var keys []any
	for _, key := range lodashPath(text) {
		keys = append(keys, key)
	}
	return keys
}

func (r *run) pickKey(at int, v any) string {
	if _, isObject := v.(*object); isObject {
		fail(at, "%s can't be the name of a member", typeName(v))
	}
	return r.str(at, v)
}

package templating

// filterFunc is a filter: in is what stands before the "|", args what it is called with.
type filterFunc func(r *run, at int, in any, args []any) any

// filters are all there are. A name outside this table is an error when the filter is
// reached; Check finds it also in a branch that is seldom taken.
var filters = map[string]filterFunc{
	// text
	"capitalize": onText(capitalize), "center": center, "indent": onText(indent),
	"lower": onPlainText(func(r *run, at int, s string, _ []any) any { return r.lower(at, s) }),
	"upper": onPlainText(func(r *run, at int, s string, _ []any) any { return r.upper(at, s) }),
	"nl2br": nl2br,
	"title": onText(title),
	"trim":  trim, "string": stringFilter,
	"replace": replaceFilter, "truncate": truncate, "striptags": onText(striptags),
	"wordcount": wordcount, "urlize": urlize, "urlencode": urlencode,
	"escape": escape, "e": escape, "forceescape": forceEscape, "safe": markSafe,

	// lists and objects
	"batch": batch, "slice": sliceFilter, "first": first, "last": last, "length": lengthFilter,
	"list": list, "join": join, "reverse": reverse, "sort": sortFilter, "groupby": groupBy,
	"dictsort": dictsort, "sum": sum,
	"select": pickItems(true), "reject": pickItems(false),
	"selectattr": pickByAttribute(true), "rejectattr": pickByAttribute(false),

	// values and numbers
	"default": defaultFilter, "d": defaultFilter, "dump": dumpFilter, "jsonify": dumpFilter,
	"abs": abs, "round": round, "int": intFilter, "float": floatFilter,
	"random": func(_ *run, at int, _ any, _ []any) any {
		fail(at, `filter "random" is not available: the same template must always render the same`)
		return nil
	},

	// Backstage's own
	"parseRepoUrl": parseRepoURL, "projectSlug": projectSlug,
	"parseEntityRef": parseEntityRef, "pick": pick,
}

// byName are the parameters of the two filters that know them by name. Of all others the
// arguments by name make one object, which comes last.
var byName = map[string][]string{"int": {"default", "base"}, "sort": {"reverse", "case_sensitive", "attribute"}}

// backstage are the filters that take no arguments by name at all.
var backstage = map[string]bool{"parseRepoUrl": true, "projectSlug": true, "parseEntityRef": true, "pick": true}

func (r *run) applyFilter(f *filterCall, in any) any {
	at := f.offset()
	apply, known := filters[f.name]
	if !known || f.name == "jsonify" && !r.engine.syntax.Cookiecutter {
		unknownFilter(f)
	}
	if backstage[f.name] && len(f.args.names) > 0 {
		fail(at, "filter %q takes no arguments by name", f.name)
	}
	args := r.evalAll(at, f.args.list)
	keywords := r.keywords(at, f.args)
	if names, known := byName[f.name]; known {
		args = r.inOrder(at, names, args, keywords)
	} else if keywords != nil {
		keywords.set("__keywords", true)
		args = append(args, keywords)
	}
	r.noFunction(at, in)
	for _, v := range args {
		r.noFunction(at, v)
	}
	if p, ok := in.(*pattern); ok && backstage[f.name] {
		in = p.text() // what comes from outside the language sees data only
	}
	return apply(r, at, in, args)
}

// inOrder puts arguments by name where they belong.
func (r *run) inOrder(at int, names []string, args []any, keywords *object) []any {
	if keywords == nil {
		return args
	}
	r.budget.elements(at, len(names))
	for i := len(args); i < len(names); i++ {
		args = append(args, keywords.get(names[i]))
	}
	return args
}

// onText makes a filter of a function on text. What is null, undefined or false counts as
// empty text; safe text stays safe.
func onText(f func(r *run, at int, s string, args []any) any) filterFunc {
	plain := onPlainText(f)
	return func(r *run, at int, in any, args []any) any { return likeInput(in, plain(r, at, in, args)) }
}

// onPlainText is onText for what gives plain text always.
func onPlainText(f func(r *run, at int, s string, args []any) any) filterFunc {
	return func(r *run, at int, in any, args []any) any {
		if missing(in) {
			in = ""
		}
		return f(r, at, r.textOnly(at, in), args)
	}
}

// missing reports whether a value stands for none in Nunjucks' filters.
func missing(v any) bool { return v == nil || v == false || isUndefined(v) }

// textOnly gives a text and takes nothing else for one.
func (r *run) textOnly(at int, v any) string {
	s, ok := textOf(v)
	if !ok {
		fail(at, "this filter works on text, not on %s", typeName(v))
	}
	return s
}

// likeInput keeps a result safe when the input was.
func likeInput(in, result any) any {
	if s, ok := result.(string); ok {
		if _, was := in.(safe); was {
			return safe(s)
		}
	}
	return result
}

// given gives argument i, or otherwise when it was not passed.
func given(args []any, i int, otherwise any) any {
	if v := arg(args, i); v != (Undefined{}) {
		return v
	}
	return otherwise
}

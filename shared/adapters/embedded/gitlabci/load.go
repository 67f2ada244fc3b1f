package gitlabci

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlabci/document"
	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlabci/expression"
)

// maxIncludes is GitLab's limit of files in one pipeline.
const maxIncludes = 150

// maxIncludeDepth bounds files that include each other; GitLab stops at its file limit.
const maxIncludeDepth = 20

// maxTotalBytes bounds all files of one pipeline.
const maxTotalBytes = 4 * document.MaxBytes

// loader reads the file of a project with all that it includes.
type loader struct {
	src      Source
	trigger  Trigger
	vars     *variables // of the trigger, for include paths and rules
	includes []string
	problems []string
	bytes    int // of all files read
}

func newLoader(src Source, trigger Trigger) *loader {
	return &loader{src: src, trigger: trigger, vars: scope(trigger, newVariables())}
}

// load gives the merged tree: includes in, extends and references resolved. ok is false
// when there are problems.
func (l *loader) load() (tree *document.Map, ok bool) {
	file := l.trigger.ConfigPath
	if file == "" {
		file = DefaultConfigPath
	}
	content, err := l.src.ReadFile(file)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			err = errors.New("Missing CI config file")
		}
		l.problem("%v", err)
		return nil, false
	}
	if strings.TrimSpace(string(content)) == "" {
		l.problem("Please provide content of %s", DefaultConfigPath)
		return nil, false
	}
	tree = l.read("", content, l.trigger.Inputs, 0)
	if len(l.problems) == 0 {
		tree = l.resolve(tree)
	}
	return tree, len(l.problems) == 0
}

func (l *loader) problem(format string, args ...any) {
	l.problems = append(l.problems, fmt.Sprintf(format, args...))
}

// read parses one file, fills in its inputs and merges what it includes below it. name is
// "" for the project's own file.
func (l *loader) read(name string, content []byte, inputs map[string]any, depth int) *document.Map {
	prefix := ""
	if name != "" {
		prefix = "`" + name + "`: "
	}
	file, err := document.Parse(content)
	if l.bytes += len(content); l.bytes > maxTotalBytes {
		err = fmt.Errorf("the included files have more than %d bytes together", maxTotalBytes)
	}
	if err != nil {
		l.problem("%s%v", prefix, err)
		return document.NewMap()
	}
	tree, problems := fillIn(file, inputs, l.trigger.Variables)
	for _, p := range problems {
		l.problem("%s%s", prefix, p)
	}
	if len(problems) > 0 || !tree.Has("include") {
		return tree
	}
	if depth == maxIncludeDepth {
		l.problem("%sfiles include each other more than %d levels deep", prefix, maxIncludeDepth)
		return tree
	}
	base := document.NewMap()
	for _, entry := range listOf(tree.Get("include")) {
		base = document.Merge(base, l.include(entry, depth+1))
	}
	return document.Merge(base, tree.Without("include"))
}

// listOf takes a single value as a list of one.
func listOf(v document.Value) []document.Value {
	if list, ok := v.([]document.Value); ok {
		return list
	}
	if v == nil {
		return nil
	}
	return []document.Value{v}
}

func (l *loader) include(entry document.Value, depth int) *document.Map {
	empty := document.NewMap()
	m, ok := entry.(*document.Map)
	if text, isText := entry.(string); isText {
		m, ok = document.NewMap(), true
		key := "local"
		if strings.HasPrefix(text, "http://") || strings.HasPrefix(text, "https://") {
			key = "remote"
		}
		m.Set(key, text)
	}
	if !ok {
		l.problem("include config should be a string, a hash or an array of them")
		return empty
	}
	for _, kind := range []string{"remote", "component", "project", "template", "artifact"} {
		if m.Has(kind) {
			l.problem("include:%s is not supported by the embedded GitLab: it has no access to other projects or hosts; "+
				"copy the file into the repository and use include:local", kind)
			return empty
		}
	}
	if unknown := unknownKeys(m, "local", "inputs", "rules"); len(unknown) > 0 {
		l.problem("include config contains unknown keys: %s", strings.Join(unknown, ", "))
		return empty
	}
	if !l.wanted(m) {
		return empty
	}
	location, ok := m.Get("local").(string)
	if !ok {
		l.problem("include config must specify the file where to fetch the config from")
		return empty
	}
	return l.includeLocal(strings.TrimLeft(expand(location, l.vars.lookup, dropUnknown), "/"), m, depth)
}

func (l *loader) includeLocal(location string, m *document.Map, depth int) *document.Map {
	out := document.NewMap()
	if !strings.HasSuffix(location, ".yml") && !strings.HasSuffix(location, ".yaml") {
		l.problem("Included file `%s` does not have YAML extension!", location)
		return out
	}
	files, err := l.matching(location)
	if err != nil {
		l.problem("%v", err)
		return out
	}
	for _, name := range files {
		if len(l.includes) >= maxIncludes {
			l.problem("Maximum of %d nested includes are allowed!", maxIncludes)
			return out
		}
		l.includes = append(l.includes, name)
		content, err := l.src.ReadFile(name)
		switch {
		case err != nil:
			l.problem("Local file `%s` does not exist!", name)
		case strings.TrimSpace(string(content)) == "":
			l.problem("Local file `%s` is empty!", name)
		default:
			out = document.Merge(out, l.read(name, content, inputsOf(m), depth))
		}
	}
	return out
}

func inputsOf(m *document.Map) map[string]any {
	given, _ := m.Get("inputs").(*document.Map)
	out := make(map[string]any, given.Len())
	for _, k := range given.Keys() {
		out[k] = given.Get(k)
	}
	return out
}

// matching gives the files that a location names, which may be a pattern.
func (l *loader) matching(location string) ([]string, error) {
	if !strings.Contains(location, "*") {
		return []string{path.Clean(location)}, nil
	}
	lister, ok := l.src.(Lister)
	if !ok {
		return nil, fmt.Errorf("include:local with a wildcard can't be resolved here: `%s`", location)
	}
	all, err := lister.ListFiles()
	if err != nil {
		return nil, fmt.Errorf("listing files: %w", err)
	}
	var out []string
	for _, name := range all {
		if matchGlob(location, name) {
			out = append(out, name)
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("Local file `%s` does not exist!", location)
	}
	slices.Sort(out)
	return out, nil
}

// wanted evaluates include:rules, which know if, exists and changes.
func (l *loader) wanted(m *document.Map) bool {
	if !m.Has("rules") {
		return true
	}
	c := &checker{}
	rules := c.readRules("include:rules", m.Get("rules"), includeRuleKeys)
	l.problems = append(l.problems, c.errors...)
	matched, err := firstMatch(rules, l.src, l.vars)
	if err != nil {
		l.problem("include:rules: %v", err)
	}
	return matched != nil && matched.when != "never"
}

// checkExpression gives the parsed form of a rules:if.
func (c *checker) checkExpression(at string, v document.Value) *expression.Expression {
	text, ok := v.(string)
	if !ok {
		c.errorf("%s:if should be a string", at)
		return nil
	}
	e, err := expression.Parse(text)
	if err != nil {
		c.errorf("%s if invalid expression syntax: %v", at, err)
	}
	return e
}

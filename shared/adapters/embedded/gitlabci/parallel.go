package gitlabci

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlabci/document"
)

// maxParallel is GitLab's limit of copies of one job.
const maxParallel = 200

// copyOf is one of the jobs that parallel: makes of a job; a job without it has one,
// under its own name.
type copyOf struct {
	name      string
	variables *variables
	values    map[string]string // the cell of the matrix
}

func (c copyOf) is(cell map[string]string) bool { return maps.Equal(c.values, cell) }

// readParallel gives the copies of a job.
func (c *checker) readParallel(at, name string, v document.Value) []copyOf {
	switch v := v.(type) {
	case nil:
		return []copyOf{{name: name, variables: newVariables()}}
	case int64:
		if v < 1 || v > maxParallel {
			c.errorf("%s config must be between 1 and %d", at, maxParallel)
			return nil
		}
		return numbered(name, int(v))
	case *document.Map:
		return cells(name, c.readMatrix(at, v), orderOf(v))
	}
	c.errorf("%s should be an integer or a hash", at)
	return nil
}

func numbered(name string, total int) []copyOf {
	out := make([]copyOf, total)
	for i := range out {
		vars := newVariables()
		vars.set("CI_NODE_INDEX", variable{value: fmt.Sprint(i + 1)})
		vars.set("CI_NODE_TOTAL", variable{value: fmt.Sprint(total)})
		out[i] = copyOf{name: fmt.Sprintf("%s %d/%d", name, i+1, total), variables: vars}
	}
	return out
}

func cells(name string, matrix []map[string]string, order []string) []copyOf {
	out := make([]copyOf, 0, len(matrix))
	for i, cell := range matrix {
		vars := newVariables()
		var values []string
		for _, k := range order {
			if v, ok := cell[k]; ok {
				vars.set(k, variable{value: v})
				values = append(values, v)
			}
		}
		vars.set("CI_NODE_INDEX", variable{value: fmt.Sprint(i + 1)})
		vars.set("CI_NODE_TOTAL", variable{value: fmt.Sprint(len(matrix))})
		out = append(out, copyOf{name: name + ": [" + strings.Join(values, ", ") + "]", variables: vars, values: cell})
	}
	return out
}

// orderOf gives the variable names of a matrix in the order of the file.
func orderOf(parallel *document.Map) []string {
	var out []string
	for _, item := range listOf(parallel.Get("matrix")) {
		m, _ := item.(*document.Map)
		for _, k := range m.Keys() {
			if !slices.Contains(out, k) {
				out = append(out, k)
			}
		}
	}
	return out
}

// readMatrix gives every combination of every entry of parallel:matrix.
func (c *checker) readMatrix(at string, v document.Value) []map[string]string {
	m := c.hash(at, v, "matrix")
	entries, ok := m.Get("matrix").([]document.Value)
	if !ok || len(entries) == 0 {
		c.errorf("%s:matrix config should be an array of hashes", at)
		return nil
	}
	var out []map[string]string
	for _, entry := range entries {
		em, ok := entry.(*document.Map)
		if !ok || em.Len() == 0 {
			c.errorf("%s:matrix config should be an array of hashes", at)
			return nil
		}
		more := c.combinations(at+":matrix", em, maxParallel-len(out))
		if more == nil {
			return nil
		}
		out = append(out, more...)
	}
	return out
}

func (c *checker) combinations(at string, m *document.Map, limit int) []map[string]string {
	out := []map[string]string{{}}
	for _, k := range m.Keys() {
		values, ok := scalarsOf(m.Get(k))
		if !ok || len(values) == 0 {
			c.errorf("%s config variables should be a hash of key and a value or an array of values", at)
			return nil
		}
		if len(out)*len(values) > limit {
			c.errorf("%s config generates too many jobs (maximum is %d)", at, maxParallel)
			return nil
		}
		next := make([]map[string]string, 0, len(out)*len(values))
		for _, cell := range out {
			for _, value := range values {
				wider := maps.Clone(cell)
				wider[k] = value
				next = append(next, wider)
			}
		}
		out = next
	}
	return out
}

func scalarsOf(v document.Value) ([]string, bool) {
	var out []string
	for _, item := range listOf(v) {
		s, ok := document.Text(item)
		if !ok || item == nil {
			return nil, false
		}
		out = append(out, s)
	}
	return out, true
}

package reconcile_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"

	"github.com/slipwayhq/slipway/shared/scm"
)

// people change projects and give what GitLab then sends. Some projects are steady: they
// are pushed to and moved, but their entity is always there.
type people struct {
	truth  *truth
	dice   *rand.Rand
	alive  []int64
	marked []int64
	gone   []int64
	left   []string // paths that projects have left
	steady map[int64]bool
	count  int
}

func newPeople(h *truth, seed uint64, projects int) *people {
	p := &people{truth: h, dice: rand.New(rand.NewPCG(seed, 2)), steady: map[int64]bool{}}
	for i := range projects {
		id := p.create(fmt.Sprintf("apps/app-%d", i))
		p.steady[id] = i%2 == 0
	}
	return p
}

func (p *people) create(path string) int64 {
	id := p.truth.lastID + 1
	p.truth.create(path, file(component(fmt.Sprintf("svc-%d", id), "v0")))
	p.alive = append(p.alive, id)
	return id
}

// work makes one change.
func (p *people) work() (bodies [][]byte) {
	p.count++
	id := p.alive[p.dice.IntN(len(p.alive))]
	now, _ := p.truth.get(id)
	kind := p.dice.IntN(100)
	switch {
	case now.Archived:
		if kind < 30 {
			p.truth.change(id, func(q *scm.Project) { q.Archived = false })
			return p.tells(id, "project_update", "")
		}
		return nil
	case kind < 60:
		return p.push(id, file(component(p.name(id), p.version())))
	case kind < 66:
		return p.push(id, map[string]string{"README.md": p.version()})
	case kind < 72:
		return p.push(id, file(component(p.name(id), p.version()), component("extra-"+p.name(id), p.version())))
	case kind < 76:
		return p.push(id, map[string]string{".backstage/catalog-info.yaml": component("second-"+p.name(id), p.version())})
	case kind < 85:
		return p.move(id, now.Path)
	case p.steady[id]:
		return nil
	case kind < 88:
		return p.push(id, map[string]string{"catalog-info.yaml": "", ".backstage/catalog-info.yaml": ""})
	case kind < 91:
		p.truth.change(id, func(q *scm.Project) { q.Archived = true })
		return p.tells(id, "project_update", "")
	case kind < 96:
		return p.begin()
	}
	return p.end(id, now.Path)
}

func (p *people) name(id int64) string { return fmt.Sprintf("svc-%d", id) }
func (p *people) version() string      { return fmt.Sprintf("v%d", p.count) }

func (p *people) push(id int64, changes map[string]string) [][]byte {
	p.truth.push(id, changes)
	now, _ := p.truth.get(id)
	return [][]byte{payload(map[string]any{"object_kind": "push", "ref": "refs/heads/main", "before": strings.Repeat("1", 40), "after": now.head().id,
		"project_id": id, "project": map[string]any{"id": id, "path_with_namespace": now.Path, "default_branch": "main"}})}
}

// move renames a project or gives it to the other group, now and then to a path that
// another one has left.
func (p *people) move(id int64, from string) [][]byte {
	to := fmt.Sprintf("%s/app-%d-%d", []string{"apps", "apps/sub", "more"}[p.dice.IntN(3)], id, p.count)
	if len(p.left) > 0 && p.dice.IntN(3) == 0 {
		to = p.left[p.dice.IntN(len(p.left))]
	}
	if p.truth.taken(to) {
		return nil
	}
	p.truth.move(id, to)
	p.left = append(p.left, from)
	return p.tells(id, []string{"project_rename", "project_transfer"}[p.dice.IntN(2)], from)
}

func (p *people) begin() [][]byte {
	path := fmt.Sprintf("more/new-%d", p.count)
	if len(p.left) > 0 {
		path = p.left[p.dice.IntN(len(p.left))]
	}
	if p.truth.taken(path) {
		return nil
	}
	return p.tells(p.create(path), "project_create", "")
}

// end marks a project for deletion, and lets one go for good that was marked before.
func (p *people) end(id int64, from string) [][]byte {
	p.truth.mark(id)
	p.alive = slices.DeleteFunc(p.alive, func(other int64) bool { return other == id })
	p.marked, p.left = append(p.marked, id), append(p.left, from)
	out := p.tells(id, "project_rename", from)
	if len(p.marked) > 3 {
		first := p.marked[0]
		last := p.tells(first, "project_destroy", "")
		p.truth.destroy(first)
		p.marked, p.gone = p.marked[1:], append(p.gone, first)
		out = append(out, last...)
	}
	return out
}

func (p *people) tells(id int64, event, old string) [][]byte {
	now, _ := p.truth.get(id)
	return [][]byte{payload(map[string]any{"event_name": event, "project_id": id, "path_with_namespace": now.Path, "old_path_with_namespace": old})}
}

func payload(fields map[string]any) []byte {
	body, err := json.Marshal(fields)
	if err != nil {
		panic(err)
	}
	return body
}

// pool gives what was put into it in any order.
type pool[T any] struct {
	mu    sync.Mutex
	dice  *rand.Rand
	items []T
	shut  bool
}

func newPool[T any](seed uint64) *pool[T] { return &pool[T]{dice: rand.New(rand.NewPCG(seed, 3))} }

func (p *pool[T]) put(items ...T) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.items = append(p.items, items...)
}

// take gives one item; open is false once nothing will come any more.
func (p *pool[T]) take() (item T, ok, open bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.items) == 0 {
		return item, false, !p.shut
	}
	at, last := p.dice.IntN(len(p.items)), len(p.items)-1
	item, p.items[at] = p.items[at], p.items[last]
	p.items = p.items[:last]
	return item, true, true
}

func (p *pool[T]) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.shut = true
}

func (p *pool[T]) size() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.items)
}

// steadyRefs gives the entities that were there all the time.
func (p *people) steadyRefs() []string {
	var out []string
	for _, id := range slices.Sorted(maps.Keys(p.steady)) {
		if p.steady[id] {
			out = append(out, "component:default/"+p.name(id))
		}
	}
	return out
}

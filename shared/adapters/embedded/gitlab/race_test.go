package gitlab_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
)

// TestConcurrentCommitsAreNeverLost: every acknowledged commit is in the history, one
// behind the other, whether it came over the API or by push.
func TestConcurrentCommitsAreNeverLost(t *testing.T) {
	t.Parallel()
	g, b := newGit(t), newBed(t)
	p := b.project("orders")
	b.commit(p, "Start", map[string]string{"a": "1"}).want(201)
	g.run("clone", "-q", b.clone("apps/orders"), "w")
	const writers, each = 6, 5
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				path := fmt.Sprintf("f%d-%d", w, i)
				b.commit(p, "Add "+path, map[string]string{path: path}).want(201)
			}
		})
	}
	pushed := []string{}
	for i := range 4 {
		name := fmt.Sprintf("pushed%d", i)
		g.write("w/"+name, name)
		g.run("-C", "w", "add", ".")
		g.run("-C", "w", "commit", "-qm", "Add "+name)
		for {
			out, err := g.try("-C", "w", "push", "-q", "origin", "HEAD:main")
			if err == nil {
				break
			}
			if !strings.Contains(out, "rejected") && !strings.Contains(out, "cannot lock ref") && !strings.Contains(out, "failed to update ref") {
				t.Fatalf("push: %s", out)
			}
			g.run("-C", "w", "pull", "-q", "--rebase")
		}
		pushed = append(pushed, name)
	}
	wg.Wait()
	titles := map[string]int{}
	for _, page := range []string{"1", "2"} {
		for _, c := range b.do("GET", p+"/repository/commits?per_page=100&page="+page, nil).want(200).list() {
			titles[c["title"].(string)]++
			if len(c["parent_ids"].([]any)) > 1 {
				t.Errorf("%v has several parents", c["title"])
			}
		}
	}
	if len(titles) != 1+writers*each+len(pushed) {
		t.Errorf("the history has %d commits, want %d: %v", len(titles), 1+writers*each+len(pushed), titles)
	}
	tree := b.do("GET", p+"/repository/tree?per_page=100", nil).want(200).list()
	if len(tree) != 1+writers*each+len(pushed) {
		t.Errorf("the tree has %d files", len(tree))
	}
}

func TestConcurrentCreationOfOnePath(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	ns := b.do("GET", "/namespaces/apps", nil).want(200).id()
	results := make([]int, 8)
	var wg sync.WaitGroup
	for i := range results {
		wg.Go(func() {
			results[i] = b.do("POST", "/projects", object{"name": "orders", "namespace_id": ns}).status
		})
	}
	wg.Wait()
	made := 0
	for _, s := range results {
		if s == 201 {
			made++
		} else if s != 400 {
			t.Errorf("a creation answered %d", s)
		}
	}
	if made != 1 {
		t.Errorf("%d creations of one path succeeded", made)
	}
}

func TestConcurrentFirstCommits(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	p := b.project("orders")
	var wg sync.WaitGroup
	results := make([]int, 6)
	for i := range results {
		wg.Go(func() { results[i] = b.commit(p, "Start", map[string]string{"README.md": "x"}).status })
	}
	wg.Wait()
	made := 0
	for _, s := range results {
		if s == 201 {
			made++
		}
	}
	if n := len(b.do("GET", p+"/repository/commits", nil).want(200).list()); made != 1 || n != 1 {
		t.Errorf("%d first commits were acknowledged, the history has %d", made, n)
	}
}

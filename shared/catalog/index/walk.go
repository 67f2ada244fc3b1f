package index

// walk goes through the hits of several sources as one list, up or down.
type walk struct {
	heads     []head
	direction int
}

// head is a source and its next hit.
type head struct {
	source
	begin int // where the walk begins
	at    int // -1 when there is no more
	place Place
}

// startAt begins a walk at the first hit, or behind a place when after is set.
func startAt(sources []source, direction int, after *Place) *walk {
	w := &walk{direction: direction, heads: make([]head, len(sources))}
	for i, s := range sources {
		h := &w.heads[i]
		h.source = s
		switch {
		case after == nil && direction < 0:
			h.begin = s.length() - 1
		case after != nil:
			lower, upper := s.bounds(*after)
			if h.begin = upper; direction < 0 {
				h.begin = lower - 1
			}
		}
		w.move(i, h.begin)
	}
	return w
}

// move takes a head to its nearest hit from a position on. Places are read only when there
// are several heads to compare.
func (w *walk) move(i, from int) {
	h := &w.heads[i]
	if h.at = h.next(from, w.direction); h.at >= 0 && len(w.heads) > 1 {
		h.place = h.source.place(h.at)
	}
}

// behind reports whether there is a hit on the other side of where the walk began.
func (w *walk) behind() bool {
	for _, h := range w.heads {
		if h.next(h.begin-w.direction, -w.direction) >= 0 {
			return true
		}
	}
	return false
}

// peek gives the head with the next hit, -1 when there is none.
func (w *walk) peek() int {
	best := -1
	for i := range w.heads {
		h := &w.heads[i]
		if h.at < 0 || best >= 0 && h.place.compare(w.heads[best].place)*w.direction >= 0 {
			continue
		}
		best = i
	}
	return best
}

// hit is one line of an answer.
type hit struct {
	source
	at int
}

// step gives the next hit and goes on behind it.
func (w *walk) step() (hit, bool) {
	i := w.peek()
	if i < 0 {
		return hit{}, false
	}
	h := hit{w.heads[i].source, w.heads[i].at}
	w.move(i, h.at+w.direction)
	return h, true
}

// take skips some hits and gives at most limit of those behind; all when limit is negative.
// more reports whether there is another one.
func (w *walk) take(skip, limit int) (hits []hit, more bool) {
	for range skip {
		if _, ok := w.step(); !ok {
			return nil, false
		}
	}
	for limit < 0 || len(hits) < limit {
		h, ok := w.step()
		if !ok {
			return hits, false
		}
		hits = append(hits, h)
	}
	return hits, w.peek() >= 0
}

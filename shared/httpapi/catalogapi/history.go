package catalogapi

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/slipwayhq/slipway/shared/catalog/changelog"
	"github.com/slipwayhq/slipway/shared/catalog/entity"
	"github.com/slipwayhq/slipway/shared/httpapi"
	"github.com/slipwayhq/slipway/shared/httpapi/request"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/platform/jsondiff"
)

// EntityChange is one change of an entity as shown.
type EntityChange struct {
	Seq    int64            `json:"seq"`
	Time   time.Time        `json:"time"`
	Action changelog.Action `json:"action"`
	Actor  string           `json:"actor,omitempty"`
	Commit string           `json:"commit,omitempty"`
	// Location is the id of the registered location that led to the entity.
	Location string        `json:"location,omitempty"`
	Source   string        `json:"source"`         // what owns the entity, as "url:…"
	ETag     string        `json:"etag,omitempty"` // of the content, without relations
	Diff     []jsondiff.Op `json:"diff"`
}

// historyPage is a page of changes, newest first.
type historyPage struct {
	Items      []EntityChange `json:"items"`
	NextCursor string         `json:"nextCursor,omitempty"`
}

// maxHistoryBytes is what a page of changes may take: an answer of a function has at most
// 6 MB, and one change of a large entity 800 KB.
const maxHistoryBytes = 4 << 20

func (h ownCatalogHandler) history(w http.ResponseWriter, r *http.Request) error {
	p, err := request.ReadParams(r, "cursor", "limit")
	if err != nil {
		return err
	}
	after, limit, err := ownPage(p)
	if err != nil {
		return err
	}
	before, err := parseSeq(after)
	if err != nil {
		return err
	}
	ref := pathRef(r)
	// One more than asked for: the last of the page is told by what was there before it.
	changes, err := h.c.History.History(r.Context(), ref, before, limit+1)
	if err != nil {
		return err
	}
	if len(changes) == 0 && before == 0 {
		return errs.New(errs.NotFound, "No such entity "+errs.Clip(ref))
	}
	page, err := pageOfHistory(changes, limit)
	if err != nil {
		return err
	}
	return httpapi.WriteJSON(w, http.StatusOK, page)
}

// pageOfHistory shows at most limit of the changes, fewer when they are large but at least
// one.
func pageOfHistory(changes []changelog.Change, limit int) (historyPage, error) {
	page, bytes := historyPage{Items: []EntityChange{}}, 0
	for i, c := range changes {
		if i == limit || bytes > maxHistoryBytes {
			page.NextCursor = ownCursor(strconv.FormatInt(page.Items[i-1].Seq, 10))
			break
		}
		var older *entity.Entity
		if i+1 < len(changes) {
			older = changes[i+1].Entity
		}
		diff, size, err := diffOf(older, c.Entity)
		if err != nil {
			return page, fmt.Errorf("comparing change %d of %s: %w", c.Seq, c.Ref, err)
		}
		bytes += size
		page.Items = append(page.Items, EntityChange{Seq: c.Seq, Time: c.Time, Action: c.Action, Actor: c.Actor,
			Commit: c.Origin.Commit, Location: c.Origin.Location, Source: c.Origin.Owner, ETag: c.ETag, Diff: diff})
	}
	return page, nil
}

// diffOf compares two versions of an entity, nil for none, and gives about how many bytes
// the answer takes.
func diffOf(older, newer *entity.Entity) ([]jsondiff.Op, int, error) {
	from, a, err := decoded(older)
	if err != nil {
		return nil, 0, err
	}
	to, b, err := decoded(newer)
	if err != nil {
		return nil, 0, err
	}
	switch {
	case older == nil && newer == nil:
		return []jsondiff.Op{}, 0, nil
	case older == nil:
		return jsondiff.Added(to), b, nil
	case newer == nil:
		return jsondiff.Removed(from), a, nil
	}
	return jsondiff.Diff(from, to), a + b, nil
}

// decoded gives an entity as plain JSON values, and its length as JSON.
func decoded(e *entity.Entity) (v any, size int, err error) {
	if e == nil {
		return nil, 0, nil
	}
	body, err := entity.Canonical(e)
	if err != nil {
		return nil, 0, err
	}
	err = json.Unmarshal(body, &v)
	return v, len(body), err
}

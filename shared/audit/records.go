package audit

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/table"
)

// MaxPage is the largest page of records; scanBudget bounds the records looked at for one.
const (
	MaxPage    = 100
	scanBudget = 1000
)

// Query selects records. Empty fields select everything.
type Query struct {
	Operation string
	Entity    string    // ref of the target, in any case
	Actor     string    // ref, in any case
	From, To  time.Time // From <= time < To
	Cursor    string
	Limit     int // 1 to MaxPage
}

// Page is one answer, newest first. It may hold fewer records than asked for, even none,
// and still have a Next.
type Page struct {
	Records []Record
	Next    string
}

// Records gives a page of records.
func (t *Trail) Records(ctx context.Context, q Query) (Page, error) {
	if q.Limit < 1 || q.Limit > MaxPage {
		return Page{}, invalidQuery("/limit", "must be 1 to %d", MaxPage)
	}
	if !q.From.IsZero() && !q.To.IsZero() && !q.From.Before(q.To) {
		return Page{}, invalidQuery("/to", "must be later than from")
	}
	before, err := readCursor(q.Cursor)
	if err != nil {
		return Page{}, err
	}
	read := table.Query{PK: q.partition(), To: before, Descending: true, Limit: MaxPage}
	if err := table.ValidateKey(table.Key{PK: read.PK, SK: "0"}); err != nil {
		return Page{}, invalidQuery("", "the name to look for is too long or no text")
	}
	return t.page(ctx, q, read)
}

// page reads until the page is full, the records end or the budget is used up.
func (t *Trail) page(ctx context.Context, q Query, read table.Query) (Page, error) {
	out := Page{Records: []Record{}}
	for looked := 0; ; {
		found, err := t.table.Query(ctx, read)
		if err != nil {
			return Page{}, fmt.Errorf("reading the audit records of %s: %w", read.PK, err)
		}
		for i, item := range found.Items {
			r, err := t.record(ctx, item)
			if err != nil {
				return Page{}, err
			}
			if q.selects(r) {
				out.Records = append(out.Records, r)
			}
			looked++
			last := i == len(found.Items)-1 && found.Next == ""
			if (len(out.Records) == q.Limit || looked == scanBudget) && !last {
				out.Next = base64.RawURLEncoding.EncodeToString([]byte(item.SK))
				return out, nil
			}
		}
		if found.Next == "" {
			return out, nil
		}
		read.After = found.Next
	}
}

// partition gives the narrowest index.
func (q Query) partition() string {
	switch {
	case q.Operation != "":
		return operationPartition(q.Operation)
	case q.Entity != "":
		return entityPartition(q.Entity)
	case q.Actor != "":
		return actorPartition(q.Actor)
	}
	return chain
}

func (q Query) selects(r Record) bool {
	switch {
	case q.Operation != "" && r.OperationID != q.Operation,
		q.Entity != "" && !strings.EqualFold(r.Target, q.Entity),
		q.Actor != "" && !strings.EqualFold(r.Actor, q.Actor),
		!q.From.IsZero() && r.Time.Before(q.From),
		!q.To.IsZero() && !r.Time.Before(q.To):
		return false
	}
	return true
}

// record gives the record behind an item of the chain or of an index.
func (t *Trail) record(ctx context.Context, item table.Item) (Record, error) {
	if item.PK != chain {
		var err error
		if item, err = t.table.Get(ctx, table.Key{PK: chain, SK: item.SK}); err != nil {
			if errors.Is(err, errs.NotFound) {
				err = errs.New(errs.Internal, "an audit record is missing")
			}
			return Record{}, fmt.Errorf("reading audit record %s: %w", item.SK, err)
		}
	}
	var r Record
	if err := json.Unmarshal(item.Body, &r); err != nil {
		return Record{}, errs.Wrap(errs.Internal, "a stored audit record is damaged", err)
	}
	return r, nil
}

func invalidQuery(pointer, format string, args ...any) error {
	return errs.WithFields("the query is not valid", []errs.Field{{Pointer: pointer, Message: fmt.Sprintf(format, args...)}})
}

// readCursor gives the sort key that the page ends before, "" for the newest record.
func readCursor(text string) (string, error) {
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if text == "" {
		return "", nil
	}
	n, notNumber := strconv.ParseInt(string(raw), 10, 64)
	if cmp.Or(err, notNumber) != nil || n < 1 || sortKey(n) != string(raw) {
		return "", invalidQuery("/cursor", "is none that was given before")
	}
	return string(raw), nil
}

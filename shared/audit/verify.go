package audit

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/slipwayhq/slipway/shared/table"
)

// Verification is what walking the chain found.
type Verification struct {
	Records int64  `json:"records"`          // that hold, from the first
	Head    string `json:"head"`             // hash of the last of them
	Broken  *Break `json:"broken,omitempty"` // nil when the whole chain holds
}

// Break is the first place where the chain does not hold.
type Break struct {
	Seq    int64  `json:"seq"`
	Reason string `json:"reason"`
}

// Verify walks the chain up to the head it had when the walk began.
func (t *Trail) Verify(ctx context.Context) (Verification, error) {
	end, err := t.head(ctx)
	if err != nil {
		return Verification{}, err
	}
	v := Verification{Head: genesis}
	q := table.Query{PK: chain}
	for {
		page, err := t.table.Query(ctx, q)
		if err != nil {
			return Verification{}, fmt.Errorf("reading the audit chain behind %d: %w", v.Records, err)
		}
		for _, item := range page.Items {
			if item.SK > sortKey(end.Seq) && !t.beyond(ctx, end) {
				v.Broken = &Break{Seq: end.Seq + 1, Reason: "there is a record behind the head of the chain"}
				return v, nil
			}
			if item.SK > sortKey(end.Seq) {
				return v.ended(end), nil
			}
			if v.Broken = v.next(item); v.Broken != nil {
				return v, nil
			}
		}
		if page.Next == "" {
			return v.ended(end), nil
		}
		q.After = page.Next
	}
}

// beyond reports whether the chain has grown since end was its head.
func (t *Trail) beyond(ctx context.Context, end head) bool {
	now, err := t.head(ctx)
	return err != nil || now.Seq > end.Seq
}

// next holds one stored record against the one before it.
func (v *Verification) next(item table.Item) *Break {
	want := v.Records + 1
	if item.SK != sortKey(want) {
		return &Break{Seq: want, Reason: "the record is missing"}
	}
	var r Record
	if err := json.Unmarshal(item.Body, &r); err != nil {
		return &Break{Seq: want, Reason: "the record is no record"}
	}
	hash, err := hashOf(item.Body)
	switch {
	case r.Seq != want:
		return &Break{Seq: want, Reason: fmt.Sprintf("the record %d stands in its place", r.Seq)}
	case err != nil || hash != r.Hash:
		return &Break{Seq: want, Reason: "the record was changed"}
	case r.PrevHash != v.Head:
		return &Break{Seq: want, Reason: "the record does not follow the one before it"}
	}
	v.Records, v.Head = want, r.Hash
	return nil
}

// ended holds the last record against the stored head.
func (v Verification) ended(end head) Verification {
	switch {
	case v.Records < end.Seq:
		v.Broken = &Break{Seq: v.Records + 1, Reason: "the record is missing"}
	case end.Seq > 0 && v.Head != end.Hash:
		v.Broken = &Break{Seq: end.Seq, Reason: "the head of the chain names another record"}
	}
	return v
}

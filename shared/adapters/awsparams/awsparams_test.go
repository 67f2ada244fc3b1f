package awsparams

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/slipwayhq/slipway/shared/adapters/assumerole"
	"github.com/slipwayhq/slipway/shared/scaffolder/actions"
)

func TestARoleMayReadJustTheseParameters(t *testing.T) {
	t.Parallel()
	at := actions.Place{Account: "111111111111", Region: "cn-north-1", Role: "arn:aws-cn:iam::111111111111:role/r"}
	var got struct {
		Statement []struct {
			Effect, Action string
			Resource       any
		}
	}
	if err := json.Unmarshal([]byte(policy(at, []string{"/opa/vpc", "plain", "arn:aws-cn:ssm:cn-north-1:222222222222:parameter/shared"})), &got); err != nil {
		t.Fatal(err)
	}
	want := []any{"arn:aws-cn:ssm:cn-north-1:111111111111:parameter/opa/vpc", "arn:aws-cn:ssm:cn-north-1:111111111111:parameter/plain", "arn:aws-cn:ssm:cn-north-1:222222222222:parameter/shared"}
	if diff := cmp.Diff(want, got.Statement[0].Resource); diff != "" || got.Statement[0].Effect != "Allow" || got.Statement[0].Action != "ssm:GetParameters" || len(got.Statement) != 2 {
		t.Errorf("%+v %s", got, diff)
	}
}

// Every request is one that AWS takes: ten names, and a session policy that fits.
func TestBatches(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		names := rapid.SliceOfN(rapid.StringMatching(`/[a-z]{1,3}(/x{1,1000})?`), 0, 40).Draw(rt, "names")
		at := actions.Place{Account: "111111111111", Region: "ap-southeast-1", Role: "arn:aws-us-gov:iam::111111111111:role/r"}
		seen := map[string]int{}
		for _, batch := range batches(names) {
			if len(batch) == 0 || len(batch) > 10 {
				rt.Fatalf("a batch of %d", len(batch))
			}
			if p := policy(at, batch); len(p) > assumerole.MaxPolicy {
				rt.Fatalf("a policy of %d bytes for %d names", len(p), len(batch))
			}
			for _, name := range batch {
				seen[name]++
			}
		}
		for _, name := range names {
			if seen[name] != 1 {
				rt.Fatalf("%s is asked for %d times", name, seen[name])
			}
		}
	})
}

func TestTheLongestNameFits(t *testing.T) {
	t.Parallel()
	name := "/" + strings.Repeat("x", 1010)
	if got := batches([]string{name, "/a"}); fmt.Sprint(len(got)) != "2" {
		t.Errorf("%d batches", len(got))
	}
}

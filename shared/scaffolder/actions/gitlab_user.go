package actions

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/slipwayhq/slipway/shared/scm"
)

// UserInfoID is what templates call the action that tells of a user.
const UserInfoID = "gitlab:user:info"

// userInfo tells of a user of GitLab.
type userInfo struct {
	host  gitLabHost
	users scm.Users
}

type userInfoInput struct {
	RepoURL string `json:"repoUrl"`
	UserID  number `json:"userId"`
}

func (a userInfo) lookup() lookup {
	return lookup{id: UserInfoID, outputs: []string{"id", "username", "name", "state", "webUrl"}, read: a.read}
}

func (a userInfo) read(ctx context.Context, c Call) (Result, error) {
	in, err := decodeInput[userInfoInput](c)
	if err != nil {
		return Result{}, err
	}
	if err := a.host.check(in.RepoURL); err != nil {
		return Result{}, err
	}
	id := int64(0)
	if in.UserID != "" {
		if id, err = strconv.ParseInt(string(in.UserID), 10, 64); err != nil {
			return Result{}, notANumber("userId")
		}
	}
	u, err := a.users.User(ctx, id)
	if err != nil {
		return Result{}, fmt.Errorf("reading the user: %w", err)
	}
	out := map[string]any{"id": u.ID, "username": u.Username, "name": u.Name, "state": u.State, "webUrl": u.WebURL}
	for name, value := range map[string]string{"email": u.Email, "publicEmail": u.PublicEmail} {
		if value != "" {
			out[name] = value
		}
	}
	if !u.Created.IsZero() {
		out["createdAt"] = u.Created.Format(time.RFC3339)
	}
	return Result{Outputs: out, Detail: u.Username}, nil
}

func userInfoSpec() Spec {
	return Spec{
		ID:          UserInfoID,
		Description: "Tells of a user of GitLab, or of the portal's own.",
		Input: schema(`{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","additionalProperties":false,"properties":{
"repoUrl":{"type":"string","description":"The GitLab: its host, or what RepoUrlPicker writes"},
"userId":{"type":["number","string"],"description":"GitLab's id of the user; the portal's own user when not given"},
"token":{"type":"string","description":"Accepted for compatibility; the portal uses its own access"}}}`),
		Output: schema(`{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","additionalProperties":false,"properties":{
"id":{"type":"number","description":"GitLab's id of the user"},
"username":{"type":"string","description":"The user name"},
"name":{"type":"string","description":"What people call the user"},
"state":{"type":"string","description":"active, blocked …"},
"webUrl":{"type":"string","description":"The URL of the profile"},
"email":{"type":"string","description":"The address, which only the user is told"},
"createdAt":{"type":"string","description":"Since when there is the account"},
"publicEmail":{"type":"string","description":"The address that everybody is told"}}}`),
		Examples: []Example{{"Ask who the portal is at GitLab", `steps:
  - id: me
    name: Ask who the portal is
    action: gitlab:user:info
    input:
      repoUrl: gitlab.example.com
`}},
	}
}

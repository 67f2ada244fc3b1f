package template

import (
	"fmt"
	"slices"
	"strings"
)

// streamedPaths are the paths of the routes whose answers leave as they are written, as a
// distribution names them.
var streamedPaths = []string{"/api/scaffolder/v2/tasks/*/eventstream", "/api/operations/*/log/stream"}

// AWS's own policies of these names.
const (
	cachingDisabled = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad" // Managed-CachingDisabled
	allButTheHost   = "b689b0a8-53d0-40ab-baf2-68738e2966ac" // Managed-AllViewerExceptHostHeader
)

// Edge: one distribution sends the paths that stream to function URLs and everything else
// to the HTTP API, over TLS, without keeping answers. It signs what it sends to function
// URLs, and saves the caller's token from its signature.
func Edge(t Template) []string {
	var found []string
	for _, name := range t.OfType(Distribution) {
		config := asMap(t.Props(name)["DistributionConfig"])
		standard := asMap(config["DefaultCacheBehavior"])
		if !strings.Contains(fmt.Sprint(t.origin(name, standard)["DomainName"]), "${HttpApi}.execute-api.") {
			found = append(found, name+" does not lead to the HTTP API")
		}
		found = append(found, passing(name, standard)...)
		var paths []string
		for _, b := range List(config["CacheBehaviors"]) {
			paths = append(paths, Text(At(b, "PathPattern")))
			found = append(found, slices.Concat(passing(name, asMap(b)), t.streams(name, asMap(b)))...)
		}
		if !slices.Equal(paths, streamedPaths) {
			found = append(found, fmt.Sprintf("%s streams %v, want %v", name, paths, streamedPaths))
		}
	}
	if n := len(t.OfType(Distribution)); n != 1 {
		found = append(found, fmt.Sprintf("there are %d distributions", n))
	}
	return found
}

// passing: how a distribution passes on the requests of each path.
func passing(name string, behaviour Map) []string {
	var found []string
	for key, want := range map[string]string{
		"ViewerProtocolPolicy": "https-only", "CachePolicyId": cachingDisabled, "OriginRequestPolicyId": allButTheHost,
	} {
		if Text(behaviour[key]) != want {
			found = append(found, fmt.Sprintf("%s: %s of %v is not %s", name, key, behaviour["TargetOriginId"], want))
		}
	}
	return found
}

// streams: what it does besides with those of a path that streams.
func (t Template) streams(name string, behaviour Map) []string {
	origin := t.origin(name, behaviour)
	path := Text(behaviour["PathPattern"])
	var found []string
	if !strings.Contains(fmt.Sprint(origin["DomainName"]), "FunctionUrl.FunctionUrl") {
		found = append(found, path+" does not lead to a function URL")
	}
	if Text(At(origin, "CustomOriginConfig", "OriginReadTimeout")) != "60" {
		found = append(found, path+" is given up while it keeps silent")
	}
	signs := t.Props(Target(origin["OriginAccessControlId"]))
	if Text(At(signs, "OriginAccessControlConfig", "SigningBehavior")) != "always" {
		found = append(found, path+" is not signed")
	}
	saves := false
	for _, f := range List(behaviour["FunctionAssociations"]) {
		code := Text(t.Props(Target(At(f, "FunctionARN")))["FunctionCode"])
		saves = saves || Text(At(f, "EventType")) == "viewer-request" && strings.Contains(code, "x-slipway-authorization")
	}
	if !saves {
		found = append(found, path+" loses the caller's token")
	}
	return found
}

// origin gives the origin that a behaviour of a distribution leads to.
func (t Template) origin(distribution string, behaviour Map) Map {
	for _, o := range List(At(t.Props(distribution), "DistributionConfig", "Origins")) {
		if Text(At(o, "Id")) == Text(behaviour["TargetOriginId"]) {
			return asMap(o)
		}
	}
	return nil
}

// FunctionURLs: a function URL streams, verifies tokens like every function behind a
// route, and is reached through a distribution of the template only. It asks its callers
// for two permissions.
func FunctionURLs(t Template) []string {
	var found []string
	for _, name := range t.OfType(Function) {
		url := asMap(t.Props(name)["FunctionUrlConfig"])
		if url == nil {
			continue
		}
		if Text(url["AuthType"]) != "AWS_IAM" {
			found = append(found, name+" answers anybody at its URL")
		}
		if Text(url["InvokeMode"]) != "RESPONSE_STREAM" {
			found = append(found, name+" has a URL and does not stream")
		}
		for _, setting := range tokenSettings {
			if t.Environment(name)[setting] == nil {
				found = append(found, fmt.Sprintf("%s has no %s, so it can't tell who calls", name, setting))
			}
		}
		found = append(found, t.callers(name)...)
	}
	return found
}

// callers: who may invoke a function at its URL.
func (t Template) callers(function string) []string {
	var found []string
	var granted []string
	for _, name := range t.OfType(Permission) {
		p := t.Props(name)
		if Target(p["FunctionName"]) != function {
			continue
		}
		granted = append(granted, Text(p["Action"]))
		if source := fmt.Sprint(p["SourceArn"]); Text(p["Principal"]) != "cloudfront.amazonaws.com" || !strings.Contains(source, ":distribution/${Distribution}") {
			found = append(found, name+" lets in more than the distribution")
		}
		if Text(p["Action"]) == "lambda:InvokeFunction" && Text(p["InvokedViaFunctionUrl"]) != "true" {
			found = append(found, name+" lets in around the URL")
		}
	}
	slices.Sort(granted)
	if !slices.Equal(granted, []string{"lambda:InvokeFunction", "lambda:InvokeFunctionUrl"}) {
		found = append(found, fmt.Sprintf("the URL of %s asks for two permissions, its callers have %v", function, granted))
	}
	return found
}

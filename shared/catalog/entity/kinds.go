package entity

import "regexp"

// kindRule says what the spec of a kind must look like.
type kindRule struct {
	versions []string
	// required fields must be there; they are non-empty strings unless lists or arrays
	// name them.
	required []string
	// texts and lists are the fields that must be a non-empty string or a list of such
	// wherever they are present, arrays those that are lists of anything.
	texts, lists, arrays []string
	// relations are the fields that name other entities.
	relations []relationRule
}

// relationRule makes relations from one field of a spec. Defaults for the kind are empty
// where the ref must name it; the default namespace is that of the entity itself.
type relationRule struct {
	field, forward, reverse, kind string
	// only keeps targets of this kind and drops others silently.
	only string
}

var backstageVersions = []string{"backstage.io/v1alpha1", "backstage.io/v1beta1"}
var awsVersions = []string{"aws.backstage.io/v1alpha"}
var templateVersions = []string{"scaffolder.backstage.io/v1beta3"}

var ownedByGroup = relationRule{field: "owner", forward: "ownedBy", reverse: "ownerOf", kind: "Group"}
var partOfSystem = relationRule{field: "system", forward: "partOf", reverse: "hasPart", kind: "System"}
var dependsOn = relationRule{field: "dependsOn", forward: "dependsOn", reverse: "dependencyOf"}
var dependencyOf = relationRule{field: "dependencyOf", forward: "dependencyOf", reverse: "dependsOn"}

// kinds are the kinds of entities the catalog takes: those of Backstage's catalog-model
// 1.10 and Harmonix' two.
var kinds = map[string]kindRule{
	"Component": {
		versions: backstageVersions,
		required: []string{"type", "lifecycle", "owner"},
		texts:    []string{"system", "subcomponentOf"},
		lists:    []string{"providesApis", "consumesApis", "dependsOn", "dependencyOf"},
		relations: []relationRule{
			ownedByGroup, partOfSystem, dependsOn, dependencyOf,
			{field: "subcomponentOf", forward: "partOf", reverse: "hasPart", kind: "Component"},
			{field: "providesApis", forward: "providesApi", reverse: "apiProvidedBy", kind: "API"},
			{field: "consumesApis", forward: "consumesApi", reverse: "apiConsumedBy", kind: "API"},
		},
	},
	"API": {
		versions:  backstageVersions,
		required:  []string{"type", "lifecycle", "owner", "definition"},
		texts:     []string{"system"},
		relations: []relationRule{ownedByGroup, partOfSystem},
	},
	"Resource": {
		versions:  backstageVersions,
		required:  []string{"type", "owner"},
		texts:     []string{"system"},
		lists:     []string{"dependsOn", "dependencyOf"},
		relations: []relationRule{ownedByGroup, partOfSystem, dependsOn, dependencyOf},
	},
	"System": {
		versions: backstageVersions,
		required: []string{"owner"},
		texts:    []string{"domain", "type"},
		relations: []relationRule{ownedByGroup,
			{field: "domain", forward: "partOf", reverse: "hasPart", kind: "Domain"}},
	},
	"Domain": {
		versions: backstageVersions,
		required: []string{"owner"},
		texts:    []string{"subdomainOf", "type"},
		relations: []relationRule{ownedByGroup,
			{field: "subdomainOf", forward: "partOf", reverse: "hasPart", kind: "Domain"}},
	},
	"Group": {
		versions: backstageVersions,
		required: []string{"type", "children"},
		texts:    []string{"parent"},
		lists:    []string{"children", "members"},
		relations: []relationRule{
			{field: "parent", forward: "childOf", reverse: "parentOf", kind: "Group"},
			{field: "children", forward: "parentOf", reverse: "childOf", kind: "Group"},
			{field: "members", forward: "hasMember", reverse: "memberOf", kind: "User"},
		},
	},
	"User": {
		versions: backstageVersions,
		required: []string{"memberOf"},
		lists:    []string{"memberOf"},
		relations: []relationRule{
			{field: "memberOf", forward: "memberOf", reverse: "hasMember", kind: "Group"}},
	},
	"Location": {
		versions: backstageVersions,
		texts:    []string{"type", "target", "presence"},
		lists:    []string{"targets"},
	},
	"Template": {
		versions:  templateVersions,
		required:  []string{"type", "steps"},
		texts:     []string{"owner"},
		arrays:    []string{"steps"},
		relations: []relationRule{ownedByGroup},
	},
	"AWSEnvironment": {
		versions: awsVersions,
		required: []string{"type", "lifecycle", "owner"},
		texts:    []string{"system"},
		lists:    []string{"dependsOn"},
		relations: []relationRule{ownedByGroup, {field: "dependsOn", forward: "dependsOn", reverse: "dependencyOf",
			kind: "awsenvironmentprovider", only: "awsenvironmentprovider"}},
	},
	"AWSEnvironmentProvider": {
		versions:  awsVersions,
		required:  []string{"type", "lifecycle", "owner"},
		texts:     []string{"system"},
		relations: []relationRule{ownedByGroup},
	},
}

// sortedLists are the list fields that ingestion sorts, as Backstage does.
var sortedLists = []string{"providesApis", "consumesApis", "dependsOn", "dependencyOf", "memberOf", "children", "members"}

var (
	kindPattern       = regexp.MustCompile(`^[a-zA-Z][a-z0-9A-Z]{0,62}$`)
	apiVersionPattern = regexp.MustCompile(`^(?:[a-z0-9]+(?:[-.][a-z0-9]+)*/)?[a-zA-Z][a-z0-9A-Z]{0,62}$`)
	namePattern       = regexp.MustCompile(`^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$`)
	labelPattern      = regexp.MustCompile(`^[a-z0-9]+(?:-+[a-z0-9]+)*$`)
	tagPattern        = regexp.MustCompile(`^[a-z0-9+#]+(-[a-z0-9+#]+)*$`)
	domainPattern     = regexp.MustCompile(`^[a-z0-9]+(?:[-.]+[a-z0-9]+)*$`)
)

const maxNameBytes = 63

func validName(s string) bool { return len(s) <= maxNameBytes && namePattern.MatchString(s) }

func validNamespace(s string) bool {
	return len(s) <= maxNameBytes && labelPattern.MatchString(asciiLower(s))
}

// asciiLower is enough here: the pattern that follows takes ASCII only.
func asciiLower(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}

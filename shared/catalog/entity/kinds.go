package entity

// Kind declares a kind of entity: what its spec looks like and which relations it makes.
type Kind struct {
	Name        string   `json:"kind"`
	APIVersions []string `json:"apiVersions"`
	// Fields are the members of the spec that are checked; it may have others.
	Fields []Field `json:"fields,omitempty"`
	// Variants replace Fields for some values of spec.type.
	Variants []Variant `json:"variants,omitempty"`
	// Relations are made from fields of the spec that name other entities.
	Relations []RelationRule `json:"relations,omitempty"`
}

// Variant are the fields of a kind whose spec.type has one value.
type Variant struct {
	Type   string  `json:"type"`
	Fields []Field `json:"fields"`
}

// Field declares a member of an object.
type Field struct {
	Name     string    `json:"name"`
	Type     FieldType `json:"type"`
	Required bool      `json:"required,omitempty"`
	// Values are the only ones that a text may have; any when there are none.
	Values []string `json:"values,omitempty"`
	// Filled lists have at least one item.
	Filled bool `json:"filled,omitempty"`
	// Fields are those of an object, or of each object in a list.
	Fields []Field `json:"fields,omitempty"`
	// Rest is the type of the members that Fields do not name; any when empty.
	Rest FieldType `json:"rest,omitempty"`
}

// FieldType says what a field may hold.
type FieldType string

// The types of fields.
const (
	Text      FieldType = "text"      // a non-empty string
	String    FieldType = "string"    // any string
	Boolean   FieldType = "boolean"   // true or false
	Number    FieldType = "number"    // a number
	Condition FieldType = "condition" // a string or a boolean, as the "if" of a step
	Texts     FieldType = "texts"     // a list of non-empty strings
	Strings   FieldType = "strings"   // a list of strings
	List      FieldType = "list"      // a list; of objects when the field has Fields
	Object    FieldType = "object"    // an object
	Objects   FieldType = "objects"   // an object or a list of objects
	Anything  FieldType = "anything"
)

// RelationRule makes relations from one field of a spec, a text or texts.
type RelationRule struct {
	Field   string `json:"field"`
	Type    string `json:"type"`    // of the relation on the entity itself
	Reverse string `json:"reverse"` // of the relation on its target
	// Kind is what a ref without kind means; without it every ref must name its kind. The
	// namespace of such a ref is that of the entity itself.
	Kind string `json:"defaultKind,omitempty"`
	// Only keeps targets of this kind and drops others silently.
	Only string `json:"onlyKind,omitempty"`
}

var (
	backstageVersions = []string{"backstage.io/v1alpha1", "backstage.io/v1beta1"}
	awsVersions       = []string{"aws.backstage.io/v1alpha"}
	templateVersions  = []string{"scaffolder.backstage.io/v1beta3"}
)

var (
	ownedByGroup = RelationRule{Field: "owner", Type: "ownedBy", Reverse: "ownerOf", Kind: "Group"}
	partOfSystem = RelationRule{Field: "system", Type: "partOf", Reverse: "hasPart", Kind: "System"}
	dependsOn    = RelationRule{Field: "dependsOn", Type: "dependsOn", Reverse: "dependencyOf"}
	dependencyOf = RelationRule{Field: "dependencyOf", Type: "dependencyOf", Reverse: "dependsOn"}
)

// The table of kinds calls the three below dozens of times: inlined, they would be 60 KB of
// code that runs once.

//go:noinline
func required(names ...string) (out []Field) {
	for _, n := range names {
		out = append(out, Field{Name: n, Type: Text, Required: true})
	}
	return out
}

//go:noinline
func optional(t FieldType, names ...string) (out []Field) {
	for _, n := range names {
		out = append(out, Field{Name: n, Type: t})
	}
	return out
}

//go:noinline
func fields(lists ...[]Field) (out []Field) {
	for _, l := range lists {
		out = append(out, l...)
	}
	return out
}

// profile is what a group and a user say of themselves.
var profile = Field{Name: "profile", Type: Object, Fields: optional(Text, "displayName", "email", "picture")}

// permitted are the tags by which templates restrict who sees a part of them.
var permitted = Field{Name: "backstage:permissions", Type: Object, Fields: optional(Strings, "tags")}

// builtin are the kinds of entities the catalog always takes: those of Backstage's
// catalog-model 1.10 and scaffolder, and Harmonix' two.
var builtin = []Kind{
	{
		Name: "Component", APIVersions: backstageVersions,
		Fields: fields(required("type", "lifecycle", "owner"), optional(Text, "system", "subcomponentOf"),
			optional(Texts, "providesApis", "consumesApis", "dependsOn", "dependencyOf")),
		Relations: []RelationRule{
			ownedByGroup, partOfSystem, dependsOn, dependencyOf,
			{Field: "subcomponentOf", Type: "partOf", Reverse: "hasPart", Kind: "Component"},
			{Field: "providesApis", Type: "providesApi", Reverse: "apiProvidedBy", Kind: "API"},
			{Field: "consumesApis", Type: "consumesApi", Reverse: "apiConsumedBy", Kind: "API"},
		},
	},
	{
		Name: "API", APIVersions: backstageVersions,
		Fields: fields(required("type", "lifecycle", "owner", "definition"), optional(Text, "system")),
		Variants: []Variant{{Type: "mcp-server", Fields: fields(required("type", "lifecycle", "owner"), optional(Text, "system"),
			[]Field{{Name: "remotes", Type: List, Required: true, Filled: true, Fields: required("type", "url")}})}},
		Relations: []RelationRule{ownedByGroup, partOfSystem},
	},
	{
		Name: "Resource", APIVersions: backstageVersions,
		Fields:    fields(required("type", "owner"), optional(Text, "system"), optional(Texts, "dependsOn", "dependencyOf")),
		Relations: []RelationRule{ownedByGroup, partOfSystem, dependsOn, dependencyOf},
	},
	{
		Name: "System", APIVersions: backstageVersions,
		Fields:    fields(required("owner"), optional(Text, "domain", "type")),
		Relations: []RelationRule{ownedByGroup, {Field: "domain", Type: "partOf", Reverse: "hasPart", Kind: "Domain"}},
	},
	{
		Name: "Domain", APIVersions: backstageVersions,
		Fields:    fields(required("owner"), optional(Text, "subdomainOf", "type")),
		Relations: []RelationRule{ownedByGroup, {Field: "subdomainOf", Type: "partOf", Reverse: "hasPart", Kind: "Domain"}},
	},
	{
		Name: "Group", APIVersions: backstageVersions,
		Fields: fields(required("type"), []Field{{Name: "children", Type: Texts, Required: true}, profile},
			optional(Text, "parent"), optional(Texts, "members")),
		Relations: []RelationRule{
			{Field: "parent", Type: "childOf", Reverse: "parentOf", Kind: "Group"},
			{Field: "children", Type: "parentOf", Reverse: "childOf", Kind: "Group"},
			{Field: "members", Type: "hasMember", Reverse: "memberOf", Kind: "User"},
		},
	},
	{
		Name: "User", APIVersions: backstageVersions,
		Fields:    []Field{{Name: "memberOf", Type: Texts, Required: true}, profile},
		Relations: []RelationRule{{Field: "memberOf", Type: "memberOf", Reverse: "hasMember", Kind: "Group"}},
	},
	{
		Name: "Location", APIVersions: backstageVersions,
		Fields: fields(optional(Text, "type", "target"), optional(Texts, "targets"),
			[]Field{{Name: "presence", Type: Text, Values: []string{"required", "optional"}}}),
	},
	{
		Name: "AiResource", APIVersions: []string{"backstage.io/v1alpha1"},
		Fields: fields(required("type", "lifecycle", "owner"), optional(Text, "system")),
		Variants: []Variant{{Type: "skill", Fields: fields(required("type", "lifecycle", "owner"), optional(Text, "system", "allowedTools", "license", "compatibility"),
			optional(Texts, "disciplines", "categories", "agents", "dependsOn"))}},
		Relations: []RelationRule{ownedByGroup, partOfSystem, dependsOn},
	},
	{
		Name: "Template", APIVersions: templateVersions,
		Fields: fields(required("type"), optional(Text, "owner", "lifecycle"), []Field{
			{Name: "parameters", Type: Objects, Fields: []Field{permitted}},
			{Name: "steps", Type: List, Required: true, Fields: []Field{
				{Name: "id", Type: String}, {Name: "name", Type: String}, {Name: "action", Type: String, Required: true},
				{Name: "input", Type: Object}, {Name: "if", Type: Condition}, permitted,
			}},
			{Name: "output", Type: Object, Rest: String, Fields: []Field{
				{Name: "links", Type: List, Fields: fields(optional(Condition, "if"), optional(Text, "url", "entityRef", "title", "icon"))},
				{Name: "text", Type: List, Fields: fields(optional(Condition, "if"), optional(Text, "title", "icon"), optional(String, "content"))},
			}},
			{Name: "presentation", Type: Object, Fields: []Field{{Name: "buttonLabels", Type: Object,
				Fields: optional(String, "backButtonText", "createButtonText", "reviewButtonText")}}},
			{Name: "secrets", Type: Object, Fields: optional(Object, "schema")},
			{Name: "formDecorators", Type: List, Fields: fields(optional(String, "id"), optional(Object, "input"))},
			{Name: "EXPERIMENTAL_formDecorators", Type: List, Fields: fields(optional(String, "id"), optional(Object, "input"))},
			{Name: "EXPERIMENTAL_recovery", Type: Object, Fields: optional(String, "EXPERIMENTAL_strategy")},
		}),
		Relations: []RelationRule{ownedByGroup},
	},
	{
		Name: "AWSEnvironment", APIVersions: awsVersions,
		Fields: fields(required("type", "lifecycle", "owner"), optional(Text, "system"), optional(Texts, "dependsOn")),
		Relations: []RelationRule{ownedByGroup, {Field: "dependsOn", Type: "dependsOn", Reverse: "dependencyOf",
			Kind: "awsenvironmentprovider", Only: "awsenvironmentprovider"}},
	},
	{
		Name: "AWSEnvironmentProvider", APIVersions: awsVersions,
		Fields:    fields(required("type", "lifecycle", "owner"), optional(Text, "system")),
		Relations: []RelationRule{ownedByGroup},
	},
}

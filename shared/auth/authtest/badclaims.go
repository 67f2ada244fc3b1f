package authtest

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
)

// claimsMissing are the rows on claims that are absent, late, early or of a wrong type.
func (c *corpus) claimsMissing() {
	now := c.Clock.Now().Unix()
	c.row(29)
	c.withClaims("exp missing", Claims{"exp": nil})
	c.row(30)
	c.withClaims("exp is a string", Claims{"exp": fmt.Sprint(now + 3600)})
	c.row(31)
	c.withClaims("exp 1e300", Claims{"exp": 1e300})
	c.row(32)
	c.withClaims("exp negative", Claims{"exp": -now})
	c.row(33)
	c.withClaims("expired an hour ago", Claims{"exp": now - 3600, "iat": now - 7200, "nbf": now - 7200})
	c.row(34)
	c.withClaims("expires in 25 hours", Claims{"exp": now + 25*3600})
	c.withClaims("lives for 25 hours", Claims{"exp": now + 3600, "iat": now - 24*3600})
	c.row(35)
	c.withClaims("valid in ten minutes", Claims{"nbf": now + 600})
	c.row(36)
	c.withClaims("issued in ten minutes", Claims{"iat": now + 600})
	c.row(37)
	c.withClaims("iss missing", Claims{"iss": nil})
	c.withClaims("iss with a trailing slash", Claims{"iss": c.URL + "/"})
	c.withClaims("iss of the organisation's own server", Claims{"iss": strings.TrimSuffix(c.URL, "/oauth2/default") + "/org"})
	c.withClaims("iss of the other scheme", Claims{"iss": otherScheme(c.URL)})
	c.withClaims("iss is an array", Claims{"iss": []string{c.URL}})
	c.row(38)
	c.withClaims("aud missing", Claims{"aud": nil})
	c.withClaims("aud empty array", Claims{"aud": []string{}})
	c.withClaims("aud empty string", Claims{"aud": ""})
	c.withClaims("aud is an object", Claims{"aud": map[string]any{c.Audience: true}})
	c.withClaims("aud of another API", Claims{"aud": "api://other"})
	c.row(39)
	c.withClaims("aud with another one beside ours", Claims{"aud": []string{c.Audience, "api://other"}})
}

func otherScheme(url string) string {
	if rest, ok := strings.CutPrefix(url, "https:"); ok {
		return "http:" + rest
	}
	return "https:" + strings.TrimPrefix(url, "http:")
}

// claimsForged are the rows on claims that two readers may understand differently.
func (c *corpus) claimsForged() {
	now := c.Clock.Now().Unix()
	c.row(40)
	c.withMore("exp twice", fmt.Sprintf(`"exp":%d`, now+7200))
	c.withMore("aud twice", `"aud":"`+c.Audience+`"`)
	c.withMore("sub twice", `"sub":"admin"`)
	c.withMore("groups twice", `"groups":["admins"]`)
	c.withMore("a nested member twice", `"x":[{"a":1,"a":2}]`)
	c.row(41)
	c.withClaims("sub missing", Claims{"sub": nil})
	c.withClaims("sub empty", Claims{"sub": ""})
	c.withClaims("sub null", Claims{"sub": json.RawMessage("null")})
	c.row(42)
	for name, sub := range map[string]string{
		"newline": "jane\nlevel=ERROR", "ANSI": "jane\x1b[2J", "NUL": "jane\x00admin",
		"line separator": "jane\u2028admin", "right-to-left override": "jane\u202enimda",
	} {
		c.withClaims("sub with "+name, Claims{"sub": sub})
	}
	c.withClaims("group with newline", Claims{"groups": []string{"a\nb"}})
	c.withClaims("jti with newline", Claims{"jti": "a\nb"})
	c.row(43)
	c.withMore("invalid UTF-8", "\"name\":\"\xff\xfe\"")
	c.row(44)
	c.withClaims("groups is a string", Claims{"groups": "admins"})
	c.withClaims("groups holds numbers", Claims{"groups": []any{"a", 1}})
	c.withClaims("10,000 groups", Claims{"groups": strings.Split(strings.Repeat("group,", 10000), ",")})
	c.withClaims("1,000 short groups", Claims{"groups": strings.Split(strings.Repeat("g,", 1000)+"g", ",")})
	c.policies()
	c.row(46)
	c.withPayload("claims are null", "null")
	c.row(47)
	c.withPayload("claims are an array", "["+c.goodClaims()+"]")
	c.row(48)
	c.withMore("9,000 levels deep", `"x":`+strings.Repeat("[", 9000)+strings.Repeat("]", 9000))
	c.withMore("2,000 levels deep", `"x":`+strings.Repeat("[", 2000)+strings.Repeat("]", 2000))
	c.row(49)
	c.withPayload("name of a claim in escapes", strings.Replace(c.goodClaims(), `"exp"`, `"\u0065xp"`, 1))
	c.withMore("name in escapes beside the plain one", `"\u0073ub":"admin"`)
	c.row(50)
	c.withPayload("EXP instead of exp", strings.Replace(c.goodClaims(), `"exp"`, `"EXP"`, 1))
	c.withMore("Sub beside sub", `"Sub":"admin"`)
}

// policies is the row that depends on what a verifier was set to.
func (c *corpus) policies() {
	c.row(45)
	c.withClaims("scp missing", Claims{"scp": nil})
	c.all[len(c.all)-1].Policy = "RequiredScopes"
	c.withClaims("scp without ours", Claims{"scp": []string{"openid"}})
	c.all[len(c.all)-1].Policy = "RequiredScopes"
	c.withClaims("another client", Claims{"cid": "0oa9other"})
	c.all[len(c.all)-1].Policy = "ClientIDs"
}

// encodings are the rows on the token's text, the header around it, and keys over time.
func (c *corpus) encodings() {
	now := c.Clock.Now().Unix()
	good := c.Issue(nil)
	parts := strings.Split(good, ".")
	c.row(51)
	c.add("trailing newline", good+"\n")
	c.add("newline within", good[:20]+"\n"+good[20:])
	c.row(52)
	c.add("leading space", " "+good)
	c.row(53)
	c.add("padding", parts[0]+"=."+parts[1]+"==."+parts[2]+"==")
	c.add("padding behind the signature", good+"==")
	c.row(54)
	c.add("standard alphabet", c.standardAlphabet())
	c.row(55)
	c.add("four parts", good+".e30")
	c.row(56)
	c.add("two parts", parts[0]+"."+parts[1])
	c.row(57)
	c.add("nothing but dots", strings.Repeat(".", 1_000_000))
	c.row(58)
	c.add("10 MB", parts[0]+"."+strings.Repeat("A", 10<<20)+"."+parts[2])
	c.add("9 KB", c.Issue(Claims{"padding": strings.Repeat("x", 9<<10)}))
	c.row(59)
	c.header("Bearer twice", "Bearer Bearer "+good)
	c.header("bearer in lower case", "bearer "+good)
	c.header("two headers", "Bearer "+good, "Bearer "+good)
	c.header("two tokens joined by a comma", "Bearer "+good+", Bearer "+good)
	c.header("no scheme", good)
	c.header("another scheme", "Basic "+good)
	c.header("nothing behind the scheme", "Bearer ")
	c.row(60)
	c.all = append(c.all, BadToken{Number: 60, Name: "token in the query", Query: "access_token=" + good})
	c.row(61)
	c.withHeader("unknown kid", map[string]any{"kid": "rsa-of-nobody"})
	c.row(62)
	c.add("key that is no longer published", compact(jose("RS256", "rsa-0"), c.goodClaims(), signRS256(c.foreign())))
	c.row(63)
	c.withHeader("kid is an address of keys", map[string]any{"kid": "http://169.254.169.254/latest/meta-data/"})
	c.row(64)
	c.withClaims("expired just over the skew ago", Claims{"exp": now - 31, "iat": now - 3600, "nbf": now - 3600})
	c.withClaims("valid well beyond the skew", Claims{"nbf": now + 90})
	c.withClaims("issued well beyond the skew", Claims{"iat": now + 90})
}

// standardAlphabet is a good token whose signature is not spelt in the URL's alphabet. The
// loop finds a signature that the two alphabets spell differently.
func (c *corpus) standardAlphabet() string {
	for n := 0; ; n++ {
		token := c.Issue(Claims{"jti": fmt.Sprint("AT.", n)})
		dot := strings.LastIndex(token, ".")
		raw := must(base64.RawURLEncoding.DecodeString(token[dot+1:]))
		if s := base64.RawStdEncoding.EncodeToString(raw); strings.ContainsAny(s, "+/") {
			return token[:dot+1] + s
		}
	}
}

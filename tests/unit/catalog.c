#include "model.h"

static const struct attribute attributes[] = {{.name = "id"}, {.name = "Größe"}, {.name = "Note"}};
static const struct relation relation = {
	.name = "t", .kind = RELATION_TABLE, .attributes = attributes, .attribute_count = 3};

Test(catalog, finds_an_attribute_by_its_exact_name)
{
	cr_expect(relation_attribute(&relation, "Note", false) == &attributes[2]);
	cr_expect(relation_attribute(&relation, "note", false) == NULL);
	cr_expect(relation_attribute(&relation, "Not", false) == NULL);
	cr_expect(relation_attribute(&relation, "Notes", false) == NULL);
}

Test(catalog, ignores_the_case_of_ascii_letters_only)
{
	cr_expect(relation_attribute(&relation, "nOTE", true) == &attributes[2]);
	cr_expect(relation_attribute(&relation, "grÖße", true) == NULL);
	cr_expect(relation_attribute(&relation, "gRößE", true) == &attributes[1]);
	cr_expect(relation_attribute(&relation, "not", true) == NULL);
}

Test(catalog, has_no_attribute_when_there_is_no_table)
{
	const struct relation absent = {.name = "t"};
	cr_expect(relation_attribute(&absent, "id", true) == NULL);
}

Test(catalog, types_are_equal_as_far_as_both_sides_know)
{
	static const struct {
		const char *name;
		struct type_id a, b;
		bool equal;
	} cases[] = {
		{"same", {1043, 24, false}, {1043, 24, false}, true},
		{"other type", {1043, -1, false}, {25, -1, false}, false},
		{"other length", {1043, 24, false}, {1043, 36, false}, false},
		{"length and none", {1043, 24, false}, {1043, -1, false}, false},
		{"left side cannot see it", {1043, -1, true}, {1043, 24, false}, true},
		{"right side cannot see it", {1043, 24, false}, {1043, -1, true}, true},
		{"unseen, but another type", {1043, -1, true}, {25, -1, true}, false},
	};
	for (size_t i = 0; i < COUNT(cases); i++)
		cr_expect(type_equal(&cases[i].a, &cases[i].b) == cases[i].equal, "%s",
			  cases[i].name);
}

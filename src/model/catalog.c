#include "catalog.h"
#include "text.h"

const struct attribute *relation_attribute(const struct relation *relation, const char *name,
					   bool ignore_case)
{
	for (size_t i = 0; i < relation->attribute_count; i++)
		if (text_equal(relation->attributes[i].name, name, ignore_case))
			return &relation->attributes[i];
	return NULL;
}

bool type_equal(const struct type_id *a, const struct type_id *b)
{
	return a->type == b->type &&
	       (a->modifier_unknown || b->modifier_unknown || a->modifier == b->modifier);
}

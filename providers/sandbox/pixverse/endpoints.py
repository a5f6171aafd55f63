"""Pixverse's account API in the sandbox: the routes, and the endpoints of sign-in and account.

Source: provider notes, Pixverse §2 and §7.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from providers.sandbox.library.operations import OPERATIONS
from providers.sandbox.library.templates import ACCOUNT_ID, AVATAR_PATH, EMAIL, NICK_NAME
from providers.sandbox.pixverse import audio as audio
from providers.sandbox.pixverse import folders as folders
from providers.sandbox.pixverse import lists as lists
from providers.sandbox.pixverse import making as making
from providers.sandbox.pixverse import templates as templates
from providers.sandbox.pixverse import uploads as uploads
from providers.sandbox.state.account import CONCURRENT_JOBS, DEVICE_SECONDS, OPENING_CREDITS, TOKEN_SECONDS
from providers.sandbox.state.state import TEAM_ID, Sandbox
from providers.sandbox.wire import Answer, Refused, Request, integer, refusal, success, text

Handler = Callable[[Sandbox, Request], Answer]

PREFIX = "/creative_platform"


def handle(sandbox: Sandbox, request: Request) -> Answer:
    """Handle one request to the account API, like the provider without any fault."""
    key = (request.method, request.path.removeprefix(PREFIX))
    try:
        if key not in OPEN_ROUTES:
            sandbox.account.check(request)
        if not isinstance(request.json, dict):
            raise Refused(400017)
        handler = OPEN_ROUTES.get(key) or ROUTES.get(key)
        if handler is None:
            return Answer({"message": "Not Found"}, 404)
        sandbox.settle()
        return handler(sandbox.in_workspace(request.headers.get("workspace-id", "")), request)
    except Refused as refused:
        return refusal(refused.code)


def login(sandbox: Sandbox, request: Request) -> Answer:
    """POST login; the keys are accepted in upper and lower case."""
    body = {key.lower(): value for key, value in request.json.items()}
    token = sandbox.account.login(text(body, "username"), text(body, "password"))
    result = {
        "Token": token,
        "AccountId": ACCOUNT_ID,
        "Username": sandbox.account.username,
        "Nickname": NICK_NAME,
        "DeleteAt": 0,
    }
    return success({"Result": result})


def google_login(sandbox: Sandbox, request: Request) -> Answer:
    """POST oauth2/google/auto_login: the sandbox has no Google accounts."""
    raise Refused(500200)


def device_authorize(sandbox: Sandbox, request: Request) -> Answer:
    """POST oauth/device/authorize."""
    device_code, user_code = sandbox.account.start_device()
    return success(
        {
            "device_code": device_code,
            "user_code": user_code,
            "verification_uri_complete": f"{sandbox.url}/device?user_code={user_code}",
            "expires_in": DEVICE_SECONDS,
            "interval": 5,
        }
    )


def device_token(sandbox: Sandbox, request: Request) -> Answer:
    """POST oauth/device/token."""
    token = sandbox.account.device_token(text(request.json, "device_code"))
    return success({"access_token": token, "expires_in": TOKEN_SECONDS})


def user_info(sandbox: Sandbox, request: Request) -> Answer:
    """GET getUserInfo."""
    return success(
        {
            "AccountId": ACCOUNT_ID,
            "Username": sandbox.account.username,
            "Nickname": NICK_NAME,
            "Mail": EMAIL,
            "HasPassword": True,
            "PremiumType": 0,
            "MemberType": 1,
            "avatar": f"{sandbox.url}/{AVATAR_PATH.replace('/', '%2F')}",
            "invite_code": "SANDBOX0",
            "is_creator": 0,
        }
    )


def user_credits(sandbox: Sandbox, request: Request) -> Answer:
    """GET user/credits."""
    return success(
        {
            **sandbox.account.credits,
            "effect_daily": 0,
            "high_quality_times": 0,
            "is_new_register_user": 0,
            "renewal_credits": OPENING_CREDITS["credit_monthly"],
            "promotion_discounts": {},
            "remaining_credits": 0,
        }
    )


def credit_records(sandbox: Sandbox, request: Request) -> Answer:
    """POST user/credits/records/v2: newest first, all or those of one `type`.

    Path, fields and the numbers of the types are known (provider notes, Pixverse §2.7); the shape of the answer and of
    its records is a guess, and so is that a body without `type` asks for all.
    """
    offset, limit = integer(request.json, "Offset", 0), integer(request.json, "Limit", lists.DEFAULT_LIMIT)
    if offset < 0 or not 1 <= limit <= lists.MAX_LIMIT:
        raise Refused(400017)
    kind = integer(request.json, "type", 0)
    found = [record for record in sandbox.account.records() if kind in (0, record["type"])]
    return success({"records": found[offset : offset + limit], "total": len(found)})


def concurrency(sandbox: Sandbox, request: Request) -> Answer:
    """GET user/credits/concurrency."""
    return success(
        {
            kind: {
                "limit": CONCURRENT_JOBS,
                "used": sandbox.working(kind),
                "remaining": max(CONCURRENT_JOBS - sandbox.working(kind), 0),
                "unlimited": False,
            }
            for kind in ("image", "video")
        }
        | {"shared_pool": False}
    )


def plan_details(sandbox: Sandbox, request: Request) -> Answer:
    """POST toc/members/plan_details."""
    return success(
        {
            "plan_name": "Standard",
            "current_plan_type": 1,
            "gen_simultaneously": CONCURRENT_JOBS,
            "qualities": ["360p", "540p", "720p", "1080p"],
            "credit_daily": 60,
            "credit_daily_gift": 0,
            "credit_monthly_gift": 1200,
            "off_peak": 1,
            "off_peak_discount": 50,
            "preview_mode": 1,
            "batch_generation": 1,
            "album_num": 20,
            "unlimited_image_models": [],
            "external_models": [],
            "expired_date": "2026-08-14T00:00:00Z",
            "remaining_days": 14,
        }
    )


def workspaces(sandbox: Sandbox, request: Request) -> Answer:
    """GET team/workspace/list: the personal one and a team's, whose fields are guesses."""
    named = ((0, "Personal", "personal", "owner", 1), (TEAM_ID, "Sandbox team", "team", "member", 3))
    keys = ("workspace_id", "name", "type", "role", "member_count")
    spendable = sandbox.account.spendable
    return success(
        {
            "active_workspace_id": sandbox.workspaces.active_id,
            "workspaces": [{**dict(zip(keys, values, strict=True)), "credits": spendable} for values in named],
        }
    )


def switch_workspace(sandbox: Sandbox, request: Request) -> Answer:
    """POST team/workspace/switch: the header `workspace-id` still decides about each request.

    Path and field are known; the answer is a guess.
    """
    workspace_id = integer(request.json, "workspace_id")
    sandbox.in_workspace(str(workspace_id))
    sandbox.workspaces.active_id = workspace_id
    return success({"active_workspace_id": workspace_id})


def message(sandbox: Sandbox, request: Request) -> Answer:
    """POST account/message: the jobs finished since the last request; reading removes them."""
    return success(sandbox.take_finished())


OPEN_ROUTES: dict[tuple[str, str], Handler] = {
    ("POST", "/login"): login,
    ("POST", "/oauth2/google/auto_login"): google_login,
    ("POST", "/oauth/device/authorize"): device_authorize,
    ("POST", "/oauth/device/token"): device_token,
}
# Their methods are not known.
CATALOGS: dict[str, Handler] = {
    "/music/models": audio.music_models,
    "/speech/tts/models": audio.speech_models,
    "/speech/tts/voices": audio.voices,
    "/template/detail": templates.template_detail,
    "/content/template/list": templates.template_list,
    "/content/categories/secondary": templates.categories,
    "/search/web/effect": templates.template_search,
}
ROUTES: dict[tuple[str, str], Handler] = {
    ("GET", "/getUserInfo"): user_info,
    ("GET", "/user/credits"): user_credits,
    ("GET", "/user/credits/concurrency"): concurrency,
    ("POST", "/user/credits/records/v2"): credit_records,
    ("POST", "/toc/members/plan_details"): plan_details,
    ("GET", "/team/workspace/list"): workspaces,
    ("POST", "/team/workspace/switch"): switch_workspace,
    ("POST", "/account/message"): message,
    ("POST", "/asset/library/list"): lists.library_list,
    ("POST", "/video/list/personal"): lists.videos_personal,
    ("POST", "/image/list/personal"): lists.images_personal,
    ("POST", "/album/video/list"): lists.album_videos,
    ("GET", "/asset/folder/list"): folders.folder_list,
    ("POST", "/asset/folder/create"): folders.create,
    ("POST", "/asset/folder/rename"): folders.rename,
    ("POST", "/asset/folder/delete"): folders.delete,
    ("POST", "/asset/folder/item/list"): folders.items,
    ("POST", "/asset/folder/item/add"): folders.add_items,
    ("POST", "/asset/folder/item/delete"): folders.delete_items,
    ("POST", "/video/list/detail"): lists.video_detail,
    ("POST", "/image/detail"): lists.image_detail,
    ("GET", "/audio/detail"): lists.audio_detail,
    ("POST", "/video/download"): lists.video_download,
    ("POST", "/image/download"): lists.image_download,
    ("POST", "/video/delete"): lists.delete_videos,
    ("POST", "/image/delete"): lists.delete_images,
    ("POST", "/asset/library/delete"): lists.delete_assets,
    ("POST", "/getUploadToken"): uploads.upload_token,
    ("POST", "/media/batch_upload_media"): uploads.register_images,
    ("POST", "/media/upload"): uploads.register_media,
    ("POST", "/video/frame/last"): uploads.frame_last,
    ("POST", "/video/frame/at_time"): uploads.frame_at_time,
    ("POST", "/img/optimal/segment"): uploads.segment,
    ("POST", "/video/mimic/precheck"): making.mimic_precheck,
    ("POST", "/restyle/list"): making.restyle_list,
    ("POST", "/music/generate"): audio.generate_music,
    ("POST", "/speech/tts/generate"): audio.generate_speech,
    **{(method, path): catalog for path, catalog in CATALOGS.items() for method in ("GET", "POST")},
    **{("POST", path): partial(making.submit, operation) for path, operation in OPERATIONS.items()},
}
